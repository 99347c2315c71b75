/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_options.h - options of verbs that talk to registries
 */
#pragma once

#include "base/arena.h"
#include "cli/options.h"

/* The first member of what a verb's setters fill. */
struct registry_options {
	const char *authfile, *cert_dir;
	const char *creds; /* USER:PASSWORD, or USER */
	bool has_tls_verify, want_tls_verify;
};

/* How an image is brought. */
struct pull_options {
	struct registry_options registry;
	const char *platform, *os, *arch, *variant, *policy;
	bool is_quiet;
};

int registry_set_authfile(void *target, const char *value, struct err *err);
int registry_set_cert_dir(void *target, const char *value, struct err *err);
int registry_set_creds(void *target, const char *value, struct err *err);
int registry_set_tls_verify(void *target, const char *value, struct err *err);
/* @target begins with struct pull_options. */
int registry_set_arch(void *target, const char *value, struct err *err);
int registry_set_os(void *target, const char *value, struct err *err);
int registry_set_platform(void *target, const char *value, struct err *err);
int registry_set_variant(void *target, const char *value, struct err *err);

/* OS/ARCHITECTURE[/VARIANT] as it was asked for, in one word or in several; NULL: this machine's. */
const char *registry_platform(const struct pull_options *o, struct arena *a);
/* The first option that asks for a platform; or NULL. */
const char *registry_platform_option(const struct pull_options *o);

/* One question at the terminal that standard input is. */
struct registry_question {
	const char *who; /* for messages: "login" */
	const char *prompt;
	const char *hint; /* where there is no terminal: what does without */
	bool is_secret;
};

/* @ret: in @a, never empty. Return: 0; -ENOTTY, -ENODATA, or another negative errno. */
int registry_ask(const struct registry_question *q, struct arena *a, const char **ret,
		 struct err *err);

/* The name of one that was given, or NULL. */
const char *registry_first_option(const struct registry_options *o);
