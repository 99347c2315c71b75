// SPDX-License-Identifier: Apache-2.0
/*
 * progress.c - see progress.h
 */
#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SHORT_ID    12
#define REDRAW_MS   100
#define MAX_DRAWN   24 /* lines; the others are told of when they are done */
#define MIN_COLUMNS 60
#define BAR	    30

struct blob {
	struct digest digest;
	uint64_t bytes, done;
	enum progress_state state;
};

struct progress {
	pthread_mutex_t lock;
	bool is_quiet, is_terminal;
	size_t n_lines; /* that stand on the terminal now */
	int64_t drawn_ms;
	size_t n;
	struct blob blobs[];
};

struct progress *progress_new(size_t n, bool is_quiet)
{
	struct progress *p = calloc(1, sizeof(*p) + n * sizeof(p->blobs[0]));
	struct winsize w = {0};

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->is_quiet = is_quiet;
	p->is_terminal = isatty(STDERR_FILENO) &&
			 ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 &&
			 w.ws_col >= MIN_COLUMNS;
	p->n = n;
	return p;
}

static void print_amount(uint64_t bytes)
{
	if (bytes < 1000000)
		fprintf(stderr, "%.1f kB", (double)bytes / 1e3);
	else
		fprintf(stderr, "%.1f MB", (double)bytes / 1e6);
}

static void print_line(const struct blob *b)
{
	static const char *const words[] = {"waits", "", "done", "is there"};
	int full = b->bytes ? (int)(b->done * BAR / b->bytes) : BAR;

	fprintf(stderr, "\r\033[K%.*s  ", SHORT_ID, digest_hex(&b->digest));
	if (b->state != PROGRESS_COMES) {
		fprintf(stderr, "%s\n", words[b->state]);
		return;
	}
	fputc('[', stderr);
	for (int i = 0; i < BAR; i++)
		fputc(i < full ? '=' : ' ', stderr);
	fputs("] ", stderr);
	print_amount(b->done);
	fputs(" / ", stderr);
	print_amount(b->bytes);
	fputc('\n', stderr);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void draw(struct progress *p, bool is_now)
{
	int64_t now = now_ms();

	if (!p->is_terminal || p->is_quiet || (!is_now && now - p->drawn_ms < REDRAW_MS))
		return;
	p->drawn_ms = now;
	if (p->n_lines > 0)
		fprintf(stderr, "\033[%zuA", p->n_lines);
	p->n_lines = MIN(p->n, (size_t)MAX_DRAWN);
	for (size_t i = 0; i < p->n_lines; i++)
		print_line(&p->blobs[i]);
	fflush(stderr);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	draw(p, true);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void progress_name(struct progress *p, size_t i, const struct digest *d, uint64_t bytes)
{
	p->blobs[i].digest = *d;
	p->blobs[i].bytes = bytes;
}

static void say(const struct progress *p, const struct blob *b)
{
	static const char *const words[] = {"", "Copying blob", "Copied blob",
					    "Have blob"};

	if (p->is_quiet || p->is_terminal || !words[b->state][0])
		return;
	fprintf(stderr, "%s %s  ", words[b->state], b->digest.text);
	print_amount(b->bytes);
	fputc('\n', stderr);
}

void progress_state(struct progress *p, size_t i, enum progress_state state)
{
	pthread_mutex_lock(&p->lock);
	p->blobs[i].state = state;
	say(p, &p->blobs[i]);
	draw(p, true);
	pthread_mutex_unlock(&p->lock);
}

void progress_add(struct progress *p, size_t i, uint64_t bytes)
{
	pthread_mutex_lock(&p->lock);
	p->blobs[i].done += bytes;
	draw(p, false);
	pthread_mutex_unlock(&p->lock);
}

void progress_set(struct progress *p, size_t i, uint64_t bytes)
{
	pthread_mutex_lock(&p->lock);
	p->blobs[i].done = bytes;
	draw(p, false);
	pthread_mutex_unlock(&p->lock);
}
