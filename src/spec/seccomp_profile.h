/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_profile.h - a seccomp profile in the containers' JSON format
 *
 * The form that podman and docker read, of which OCI's linux.seccomp is a part. Only read and
 * checked here; helpers/seccomp.c makes a program of it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define SECCOMP_MAX_RULES 4096
#define SECCOMP_MAX_ARGS  6

enum seccomp_op {
	SECCOMP_OP_NE,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ, /* (argument & value) == value_two */
};

struct seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	enum seccomp_op op;
};

/* A condition of "includes" or "excludes". */
struct seccomp_filter {
	uint64_t caps; /* bit mask */
	struct strv arches;
	const char *min_kernel; /* "4.8", or NULL */
};

struct seccomp_rule {
	struct strv names;
	uint32_t action;	  /* SECCOMP_RET_*, with the errno in its data */
	struct seccomp_arg *args; /* all must match */
	size_t n_args;
	struct seccomp_filter includes, excludes;
};

struct seccomp_profile {
	uint32_t default_action;
	struct strv arches; /* SCMP_ARCH_*, also of archMap; empty: the machine's own */
	uint32_t flags;	    /* SECCOMP_FILTER_FLAG_* */
	/* Some answer is SCMP_ACT_NOTIFY: who listens at the socket is asked. */
	bool has_notify;
	const char *listener_path, *listener_metadata; /* or NULL */
	struct seccomp_rule *rules;
	size_t n_rules;
};

/**
 * seccomp_profile_read() - read and check a profile
 * @buf, @len: borrowed text
 * @a:         owns what @ret points to
 * @ret:       filled; undefined on failure
 * @err:       names the value by its JSON path
 *
 * Names of system calls are not looked up: one that nobody knows is no error.
 * Return: 0; -EINVAL, -EBADMSG, -EFBIG or -ELOOP.
 */
int seccomp_profile_read(const char *buf, size_t len, struct arena *a,
			 struct seccomp_profile *ret, struct err *err);

/**
 * seccomp_rule_applies() - do the conditions of a rule hold?
 * @caps:    capabilities that are granted
 * @arch:    "amd64", "arm64", ... as Go names them
 * @kernel:  uname's release
 */
bool seccomp_rule_applies(const struct seccomp_rule *rule, uint64_t caps,
			  const char *arch, const char *kernel);

/* The words that a profile's actions and comparisons are made of, in @a. */
void seccomp_profile_words(struct arena *a, struct strv *ret_actions,
			   struct strv *ret_operators);
