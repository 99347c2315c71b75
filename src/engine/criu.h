/* SPDX-License-Identifier: Apache-2.0 */
/*
 * criu.h - a container's processes as files, and back
 *
 * criu does it, through urun-criu: here is what of a container it has to be told, because it is
 * outside. See criu(8).
 */
#pragma once

#include "engine/lifecycle.h"
#include "engine/run.h"

struct criu_asked {
	const char *images; /* folder of criu's files; made where it is missing */
	const char *work;   /* folder of its log; NULL: the same */
	struct strv words;  /* more of what urun-criu takes: see helpers/criu.c */
	bool is_pre_dump;
	bool goes_on; /* the container runs when it is done */
};

/**
 * criu_checkpoint() - write a running container's processes to files
 * @l:     which
 * @asked: borrowed
 *
 * It has ended then, unless it is to go on. Nobody starts, pauses or deletes it meanwhile. Runs as
 * real root.
 * Return: 0; -EPERM, -ENOTSUP, or another negative errno, with @err filled: it goes on.
 */
int criu_checkpoint(const struct lifecycle *l, const struct criu_asked *asked,
		    struct err *err);

/**
 * criu_restore() - what engine_run() does, with processes that were written to files
 * @job:   borrowed: plan, arena, note, events and their data
 * @asked: borrowed
 *
 * criu makes namespaces, mounts and processes; the cgroup and the places for mounts are made before.
 * Hooks run, and events come, as in engine_run().
 */
int criu_restore(const struct engine_job *job, const struct criu_asked *asked,
		 int *ret_code, struct err *err);
