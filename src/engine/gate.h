/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - where a container that was created waits to be started
 *
 * A socket in the container's folder, which is its owner's alone. The builder listens; who starts the
 * container tells it to go on, and hears whether the payload was executed.
 */
#pragma once

#include "sys/channel.h"

/**
 * gate_make() - launcher: make the gate, before there is a builder
 * @folder: the container's, borrowed
 * @ret:    owned by the caller; the builder inherits a copy, and alone may keep it
 */
int gate_make(int folder, int *ret);

/**
 * gate_wait() - builder: wait until somebody says GO
 * @gate: borrowed
 * @ret:  the channel to that one, owned by the caller
 *
 * Who comes and goes without a word has looked whether anybody is here. 0 or a negative errno.
 */
int gate_wait(int gate, struct channel *ret);

/**
 * gate_open() - say GO to the builder
 * @ret: the channel to it, owned by the caller: MSG_EXEC and its end, or MSG_ERROR, is to come
 *
 * Return: 0; -ENOENT or -ECONNREFUSED when nobody waits (any more).
 */
int gate_open(int folder, struct channel *ret);

/* Does a builder wait there? */
bool gate_is_watched(int folder);
/* Removes it. */
void gate_remove(int folder);
