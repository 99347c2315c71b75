// SPDX-License-Identifier: Apache-2.0
/*
 * scope.c - urun-scope: a transient scope of systemd around one process
 *
 *	urun-scope user|system FOLDER UNIT start SLICE PID [unless-delegated] [NAME=VALUE...]
 *	urun-scope user|system FOLDER UNIT set NAME=VALUE...
 *	urun-scope user|system FOLDER UNIT attach SUBGROUP PID
 *
 * FOLDER is where the manager's sockets are, $XDG_RUNTIME_DIR. An ordinary user's process is in
 * a cgroup that is not the user's, and only systemd can move it: so it has to be asked, and it
 * gives the new unit to its user (Delegate=yes). NAME is a property of the unit, a number or
 * IODeviceWeight. Ends when the process is there; with 3 when, asked for that, the process's
 * unit is its user's already and no other is needed. What went wrong is one line on standard error.
 * Runs as the caller, without capabilities.
 * Source: org.freedesktop.systemd1(5), systemd.scope(5), systemd.resource-control(5).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define MANAGER	     "org.freedesktop.systemd1"
#define OBJECT	     "/org/freedesktop/systemd1"
#define INTERFACE    "org.freedesktop.systemd1.Manager"
#define IDLE	     "CPUWeight=0"
#define IS_DELEGATED 3
#define PATIENCE_S   10 /* for one answer */
#define ALARM_S	     25 /* for all of them */

struct job {
	const char *path;
	char *result; /* NULL until it is over */
};

static int fail(const char *what, int r, const sd_bus_error *error)
{
	fprintf(stderr, "%s: %s\n", what,
		error && error->message ? error->message : strerror(-r));
	return 1;
}

static int on_removed(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 &&
	    job->path && strcmp(path, job->path) == 0)
		job->result = strdup(result);
	return 0;
}

static int connect_to(const char *address, int is_bus, sd_bus **ret)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, is_bus);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

/* By the bus; where there is none, by the socket that systemctl(1) uses as well. */
static int connect_manager(int is_user, const char *folder, sd_bus **ret)
{
	char address[512];
	int r;

	snprintf(address, sizeof(address), "unix:path=%s/%s",
		 is_user ? folder : "/run/dbus", is_user ? "bus" : "system_bus_socket");
	r = connect_to(address, 1, ret);
	if (r >= 0)
		return r;
	snprintf(address, sizeof(address), "unix:path=%s/systemd/private",
		 is_user ? folder : "/run");
	return connect_to(address, 0, ret);
}

/* Was the unit that the process is in given to its user? */
static bool is_delegated(sd_bus *bus, uint32_t pid)
{
	static const char *const interfaces[] = {"org.freedesktop.systemd1.Scope",
						 "org.freedesktop.systemd1.Service"};
	sd_bus_message *answer = NULL;
	const char *unit;
	int is_on = 0;

	if (sd_bus_call_method(bus, MANAGER, OBJECT, INTERFACE, "GetUnitByPID", NULL,
			       &answer, "u", pid) < 0)
		return false;
	if (sd_bus_message_read(answer, "o", &unit) >= 0)
		for (int i = 0; !is_on && i < 2; i++)
			if (sd_bus_get_property_trivial(bus, MANAGER, unit, interfaces[i],
							"Delegate", NULL, 'b',
							&is_on) < 0)
				is_on = 0;
	sd_bus_message_unref(answer);
	return is_on;
}

/* "NAME=NUMBER", "IODeviceWeight=PATH NUMBER" */
static int append_property(sd_bus_message *m, const char *text)
{
	const char *equals = strchr(text, '='), *space = strrchr(text, ' ');
	char name[64], path[256];

	if (!equals)
		return -EINVAL;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (strcmp(name, "IODeviceWeight") != 0)
		return sd_bus_message_append(m, "(sv)", name, "t",
					     (uint64_t)strtoull(equals + 1, NULL, 10));
	if (!space || space < equals)
		return -EINVAL;
	snprintf(path, sizeof(path), "%.*s", (int)(space - equals - 1), equals + 1);
	return sd_bus_message_append(m, "(sv)", name, "a(st)", 1, path,
				     (uint64_t)strtoull(space + 1, NULL, 10));
}

static int append_properties(sd_bus_message *m, char *const *properties)
{
	int r = 0;

	for (; r >= 0 && *properties; properties++)
		r = append_property(m, *properties);
	return r;
}

static int set(sd_bus *bus, const char *unit, char *const *properties,
	       sd_bus_error *error)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, MANAGER, OBJECT, INTERFACE,
					       "SetUnitProperties");

	if (r >= 0)
		r = sd_bus_message_append(m, "sb", unit, 1);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = append_properties(m, properties);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_call(bus, m, PATIENCE_S * 1000000ULL, error, NULL);
	sd_bus_message_unref(m);
	return r;
}

static int start(sd_bus *bus, const char *unit, const char *slice, uint32_t pid,
		 char *const *properties, sd_bus_message **ret, sd_bus_error *error)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, MANAGER, OBJECT, INTERFACE,
					       "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(m, "ss", unit, "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Description", "s",
					  "container of urun");
	if (r >= 0 && slice[0])
		r = sd_bus_message_append(m, "(sv)", "Slice", "s", slice);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Delegate", "b", 1);
	/* Gone when it is empty, however that came. */
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "CollectMode", "s",
					  "inactive-or-failed");
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, pid);
	if (r >= 0)
		r = append_properties(m, properties);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	if (r >= 0)
		r = sd_bus_call(bus, m, PATIENCE_S * 1000000ULL, error, ret);
	sd_bus_message_unref(m);
	return r;
}

/* A process goes into a folder of a unit that is there. */
static int attach(sd_bus *bus, const char *unit, char *const *words)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(bus, MANAGER, OBJECT, INTERFACE,
				   "AttachProcessesToUnit", &error, NULL, "ssau", unit,
				   words[0], 1, (uint32_t)strtoul(words[1], NULL, 10));

	return r < 0 ? fail("AttachProcessesToUnit", r, &error) : 0;
}

static int wait_for(sd_bus *bus, const struct job *job)
{
	time_t deadline = time(NULL) + PATIENCE_S;

	while (!job->result) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (time(NULL) >= deadline)
			return -ETIMEDOUT;
		r = sd_bus_wait(bus, 1000000);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

/* The scope, until it is there. */
static int make(sd_bus *bus, const char *unit, char **words)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	struct job job = {NULL, NULL};
	uint32_t pid = (uint32_t)strtoul(words[1], NULL, 10);
	char **properties = words + 2;
	int r;

	if (*properties && strcmp(*properties, "unless-delegated") == 0) {
		if (is_delegated(bus, pid))
			return IS_DELEGATED;
		properties++;
	}
	/* Before the job is there to be missed; it says nothing to who has not subscribed. */
	r = sd_bus_match_signal(bus, NULL, NULL, OBJECT, INTERFACE, "JobRemoved",
				on_removed, &job);
	if (r >= 0)
		r = sd_bus_call_method(bus, MANAGER, OBJECT, INTERFACE, "Subscribe",
				       &error, NULL, "");
	if (r < 0)
		return fail("subscribe", r, &error);
	r = start(bus, unit, words[0], pid, properties, &answer, &error);
	/* Before version 252, "idle" is no weight. The container's own file says it all the same. */
	if (r < 0 && *properties && !properties[1] && strcmp(*properties, IDLE) == 0) {
		sd_bus_error_free(&error);
		r = start(bus, unit, words[0], pid, properties + 1, &answer, &error);
	}
	if (r < 0)
		return fail("StartTransientUnit", r, &error);
	r = sd_bus_message_read(answer, "o", &job.path);
	if (r >= 0)
		r = wait_for(bus, &job);
	if (r < 0)
		return fail("wait for the scope", r, NULL);
	if (strcmp(job.result, "done") != 0) {
		fprintf(stderr, "the scope could not be started: %s\n", job.result);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	bool is_set = argc > 4 && strcmp(argv[4], "set") == 0;
	int r;

	if (argc < (is_set ? 6 : 7)) {
		fprintf(stderr, "urun-scope: called by urun\n");
		return 1;
	}
	/* Whatever does not answer: the launcher waits, with all signals blocked. */
	alarm(ALARM_S);
	r = connect_manager(strcmp(argv[1], "user") == 0, argv[2], &bus);
	if (r < 0)
		return fail("connect to it", r, NULL);
	if (strcmp(argv[4], "attach") == 0)
		return attach(bus, argv[3], argv + 5);
	if (!is_set)
		return make(bus, argv[3], argv + 5);
	r = set(bus, argv[3], argv + 5, &error);
	return r < 0 ? fail("SetUnitProperties", r, &error) : 0;
}
