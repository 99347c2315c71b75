// SPDX-License-Identifier: Apache-2.0
/*
 * network.c - see network.h
 */
#include "engine/network.h"

#include <string.h>
#include <unistd.h>

#include "sys/apparmor.h"
#include "sys/clock.h"
#include "sys/process.h"
#include "sys/signals.h"

#define DRAIN_MS 3000 /* urun-net gives up before */

static int start_one(struct network *n, const struct net_program *p,
		     const struct run *run, const struct net_place *at, struct err *err)
{
	return net_program_start(p, run, at, &n->servers[n->n++], err);
}

int network_start(struct network *n, struct run *run, int netns, int userns,
		  struct err *err)
{
	const struct net_place at = {.netns = netns, .userns = userns};
	int r = start_one(n, net_program_of(run->plan->spec), run, &at, err);

	if (r == 0 && run->n_ports > 0)
		r = start_one(n, &net_ports, run, &at, err);
	for (size_t i = 0; i < run->n_ports; i++)
		fd_close(&run->ports[i].fd);
	return r;
}

size_t network_poll(const struct network *n, struct pollfd *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < n->n; i++) {
		const int all[] = {n->servers[i].output, n->servers[i].ready,
				   n->servers[i].pidfd};

		for (size_t k = 0; k < ARRAY_SIZE(all); k++)
			if (all[k] >= 0)
				fds[count++] =
					(struct pollfd){.fd = all[k], .events = POLLIN};
	}
	return count;
}

static bool has_event(const struct pollfd *fds, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		if (fd >= 0 && fds[i].fd == fd)
			return fds[i].revents != 0;
	return false;
}

static void keep_first(char *said, size_t size, const char *words, size_t n)
{
	size_t have = strlen(said), add = MIN(n, size - 1 - have);

	memcpy(said + have, words, add);
	said[have + add] = '\0';
}

static void keep_last(char *said, size_t size, const char *words, size_t n)
{
	size_t add = MIN(n, size - 1), have = strlen(said);
	size_t drop = have + add > size - 1 ? have + add - (size - 1) : 0;

	memmove(said, said + drop, have - drop);
	memcpy(said + have - drop, words + n - add, add);
	said[have - drop + add] = '\0';
}

/* It must never wait for a reader. */
static void read_output(struct net_server *s, struct network_words *said)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(s->output, buffer, sizeof(buffer))) > 0) {
		keep_first(said->first, sizeof(said->first), buffer, (size_t)n);
		keep_last(said->last, sizeof(said->last), buffer, (size_t)n);
	}
	if (n == 0)
		fd_close(&s->output);
}

/* What getopt(3) finds wrong is the first that is said, by "NAME: ", and all that the program can do
 * comes behind it. Return: NULL when it is nothing of the kind. */
static char *words_on_option(char *said, const char *name)
{
	size_t len = strlen(name);
	char *line;

	while ((line = strsep(&said, "\n")))
		if (strncmp(line, name, len) == 0 && strncmp(line + len, ": ", 2) == 0 &&
		    strstr(line + len, "option"))
			return line + len + 2;
	return NULL;
}

static char *last_line(char *said)
{
	char *line;

	for (size_t len = strlen(said); len > 0 && said[len - 1] == '\n'; len--)
		said[len - 1] = '\0';
	line = strrchr(said, '\n');
	/* slirp4netns's last words are that it has failed; the reason is before. */
	if (line && (strncmp(line + 1, "child failed", 12) == 0 ||
		     strncmp(line + 1, "parent failed", 13) == 0)) {
		*line = '\0';
		line = strrchr(said, '\n');
	}
	return line ? line + 1 : said;
}

/* Control characters are no text. */
static const char *as_text(char *line)
{
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	return *line ? line : "it gave no reason";
}

/* @profile: AppArmor's, or NULL. */
static int say_mend(const struct net_program *p, bool is_option, bool is_tun,
		    const char *profile, struct err *err)
{
	if (is_option && p->package)
		return err_hint(err, -ENETDOWN, "man %s lists what it can be told",
				p->name);
	if (profile && !is_tun)
		return err_hint(
			err, -ENETDOWN,
			"AppArmor's profile '%s' confines %s, and may be what refuses "
			"it: "
			"'sudo dmesg | grep DENIED' tells; add that to the profile in "
			"/etc/apparmor.d, or switch it off with sudo apparmor_parser -R "
			"FILE; or --network none",
			profile, p->name);
	return err_hint(err, -ENETDOWN,
			is_tun ? "sudo modprobe tun, and sudo chmod 666 /dev/net/tun"
			       : "--network none does without it");
}

static int say_failed(struct network *n, size_t i, struct arena *a, struct err *err)
{
	struct net_server *s = &n->servers[i];
	struct network_words *said = &n->said[i];
	const char *profile;
	char *option;
	bool is_tun;
	int code = 0;

	/* Known until it was waited for, also of what has ended. */
	profile = apparmor_profile(s->pid, a);
	process_kill(s->pidfd, SIGKILL);
	process_wait(s->pidfd, &code);
	fd_close(&s->pidfd);
	read_output(s, said);
	is_tun = strstr(said->last, "/dev/net/tun");
	option = words_on_option(said->first, s->program->name);
	err_say(err, -ENETDOWN, "%s did not connect the network: %s", s->program->name,
		as_text(option ? option : last_line(said->last)));
	return say_mend(s->program, option, is_tun, profile, err);
}

static bool are_all_ready(const struct network *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->servers[i].ready >= 0)
			return false;
	return true;
}

static int move_one(struct network *n, size_t i, const struct pollfd *fds, size_t n_fds,
		    void (*note)(const char *text), struct arena *a, struct err *err)
{
	struct net_server *s = &n->servers[i];
	char byte;
	int code;

	if (has_event(fds, n_fds, s->output))
		read_output(s, &n->said[i]);
	if (has_event(fds, n_fds, s->ready)) {
		if (read(s->ready, &byte, 1) != 1)
			return say_failed(n, i, a, err);
		fd_close(&s->ready);
		fd_close(&s->userns);
	}
	if (!has_event(fds, n_fds, s->pidfd))
		return 0;
	if (!n->is_up)
		return say_failed(n, i, a, err);
	if (process_try_wait(s->pidfd, &code) != 1)
		return 0;
	fd_close(&s->pidfd);
	/* The kernel has taken its side of the interface with it: what the container sends is
	 * refused there. */
	note(arena_printf(a, "%s has ended (%s %d): %s", s->program->name,
			  code > 128 ? "signal" : "exit code",
			  code > 128 ? code - 128 : code,
			  i == 0 ? "this container has no network any more"
				 : "the published ports lead nowhere any more"));
	return 0;
}

int network_move(struct network *n, const struct pollfd *fds, size_t n_fds,
		 void (*note)(const char *text), struct arena *a, struct err *err)
{
	for (size_t i = 0; i < n->n; i++) {
		int r = move_one(n, i, fds, n_fds, note, a, err);

		if (r < 0)
			return r;
	}
	if (n->n == 0 || n->is_up || !are_all_ready(n))
		return 0;
	n->is_up = true;
	return 1;
}

int network_give_up(struct network *n, struct arena *a, struct err *err)
{
	size_t i = 0;

	while (i + 1 < n->n && n->servers[i].ready < 0)
		i++;
	return say_failed(n, i, a, err);
}

void network_end(struct network *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->servers[i].program->wants_end)
			fd_close(&n->servers[i].hold);
}

void network_drain(struct network *n, int signals, const struct signals_saved *saved)
{
	int64_t until = clock_now_ms() + DRAIN_MS, left;
	bool is_over = false;

	for (size_t i = 0; i < n->n; i++) {
		struct pollfd p[] = {{.fd = n->servers[i].pidfd, .events = POLLIN},
				     {.fd = signals, .events = POLLIN}};

		if (!n->servers[i].program->wants_end || p[0].fd < 0)
			continue;
		while (!is_over && !p[0].revents && (left = until - clock_now_ms()) > 0) {
			poll(p, ARRAY_SIZE(p), (int)left);
			is_over = signals_take_ending(signals, saved);
		}
	}
}

void network_stop(struct network *n)
{
	int code;

	for (size_t i = 0; i < n->n; i++) {
		struct net_server *s = &n->servers[i];

		if (s->pidfd >= 0) {
			process_kill(s->pidfd, SIGKILL);
			process_wait(s->pidfd, &code);
		}
		fd_close(&s->pidfd);
		fd_close(&s->ready);
		fd_close(&s->hold);
		fd_close(&s->output);
		fd_close(&s->userns);
	}
	n->n = 0;
}
