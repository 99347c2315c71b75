// SPDX-License-Identifier: Apache-2.0
/*
 * watch.c - see watch.h
 */
#include "sys/watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

int watch_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int watch_add(int watch, const char *path)
{
	const uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE;

	return inotify_add_watch(watch, path, events) < 0 ? -errno : 0;
}

void watch_drain(int watch)
{
	char events[4096];

	while (read(watch, events, sizeof(events)) > 0)
		;
}
