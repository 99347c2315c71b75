/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - to be told when a file is another one
 *
 * Source: inotify(7).
 */
#pragma once

/**
 * watch_open() - a descriptor that polls readable when something may have changed
 *
 * Return: the descriptor, owned by the caller; -EMFILE when the user has as many as the host
 * allows; another negative errno.
 */
int watch_open(void);

/**
 * watch_file() - from now on, tell of a file that may not be there
 * @watch: of watch_open(), borrowed
 * @path:  absolute; where it is a link, or leads to one, each link is watched as well
 *
 * Once more after each change: links may lead elsewhere by then. Doing it twice changes nothing.
 *
 * Return: 0; -ENOSPC when the user watches as much as the host allows; another negative errno.
 */
int watch_file(int watch, const char *path);

/* Takes note of all that has happened. @watch: borrowed */
void watch_drain(int watch);
