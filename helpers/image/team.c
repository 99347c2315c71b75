// SPDX-License-Identifier: Apache-2.0
/*
 * team.c - see team.h
 */
#include "team.h"

#include <pthread.h>
#include <unistd.h>

#define MIN_THREADS 3 /* a network is slower than a processor */
#define MAX_THREADS 8

/* What the threads share. */
struct team {
	int (*one)(void *data, size_t i, struct err *err);
	void *data;
	pthread_mutex_t lock;
	size_t next, n;
	int r;
	struct err err; /* of the first that failed */
};

static bool take_next(struct team *t, size_t *ret)
{
	bool has_any;

	pthread_mutex_lock(&t->lock);
	has_any = t->r == 0 && t->next < t->n;
	*ret = t->next++;
	pthread_mutex_unlock(&t->lock);
	return has_any;
}

static void *work(void *data)
{
	struct team *t = data;
	struct err err = {0};
	size_t i;

	while (take_next(t, &i)) {
		int r = t->one(t->data, i, &err);

		if (r == 0)
			continue;
		pthread_mutex_lock(&t->lock);
		if (t->r == 0) {
			t->r = r;
			t->err = err;
		}
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

int team_run(size_t n, int (*one)(void *data, size_t i, struct err *err), void *data,
	     struct err *err)
{
	struct team t = {.one = one, .data = data, .n = n};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n_threads = (size_t)MIN(MAX(cpus, MIN_THREADS), MAX_THREADS);
	pthread_t threads[MAX_THREADS];
	size_t n_started = 0;

	pthread_mutex_init(&t.lock, NULL);
	n_threads = MIN(n_threads, n);
	while (n_started < n_threads &&
	       pthread_create(&threads[n_started], NULL, work, &t) == 0)
		n_started++;
	/* Not even one: without help, then. */
	if (n > 0 && n_started == 0)
		work(&t);
	for (size_t i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&t.lock);
	if (t.r < 0 && err)
		*err = t.err;
	return t.r;
}
