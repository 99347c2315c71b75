/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - to be told when files change
 *
 * Source: inotify(7).
 */
#pragma once

/**
 * watch_open() - a descriptor that polls readable when something has changed
 *
 * Return: the descriptor, owned by the caller; -EMFILE when the user has as many as the host allows;
 * another negative errno.
 */
int watch_open(void);

/**
 * watch_add() - from now on, tell of @path
 * @path: a folder: files in it that are written and closed, made, renamed or removed; or a file, which is
 *        written and closed. Doing it once more changes nothing.
 *
 * Return: 0 or a negative errno.
 */
int watch_add(int watch, const char *path);

/* Takes note of all that has happened. */
void watch_drain(int watch);
