/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defaults.h - what every container of `urun run` has: /proc, /dev, /sys, the files of /etc
 */
#pragma once

#include "spec/spec.h"

/* What the caller chose about it. */
struct defaults {
	uint64_t shm_size_bytes;
	const char *hosts; /* content of /etc/hosts; NULL: leave the rootfs's own */
	const char *hostname_file; /* content of /etc/hostname; NULL: leave */
	const char *resolv_conf;   /* content of /etc/resolv.conf; NULL: leave */
	/* The caller said what is in them: no container without it. */
	bool is_hosts_asked, is_resolv_conf_asked;
	const char *proc_options; /* for procfs, or NULL */
	bool has_no_shm;	  /* --ipc none: /dev/shm is not mounted */
	/* /run, /tmp and /var/tmp of a read-only rootfs can be written. */
	bool want_read_only_tmpfs;
	/* --security-opt; unmask holds patterns of glob(7), "ALL" unmasks everything */
	struct strv mask, unmask;
	struct strv denied; /* masked as well, and there: else it is an error */
};

/**
 * defaults_apply() - complete a spec's filesystem
 * @spec: fsops holds what the caller asked for; the rest is put around it
 * @d:    borrowed
 *
 * Order: the standard mounts, the caller's by the depth of their targets, then masked and
 * read-only paths. A mount of the caller's on the very target of a standard one replaces it.
 */
void defaults_apply(struct spec *spec, const struct defaults *d);

/* What is masked and what is read-only, in @a. */
void defaults_hidden(struct arena *a, struct strv *ret_masked, struct strv *ret_readonly);
