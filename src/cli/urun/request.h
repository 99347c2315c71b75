/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - `urun run`'s command line, on its way to a spec
 *
 * argv and the environment in, spec out: no system call decides what the spec
 * says, but for the files that options name (--env-file) and the host's resolv.conf
 * and addresses.
 */
#pragma once

#include "cli/options.h"
#include "cli/urun/registry_options.h"
#include "image/manifest.h"
#include "spec/defaults.h"
#include "spec/spec.h"
#include "sys/net.h"

struct sandbox;

struct request {
	struct pull_options pull; /* first: registry_set_authfile() and others */
	struct spec spec;
	struct arena *arena;
	struct defaults defaults;
	char *const *environ;	 /* the caller's, borrowed */
	struct sandbox *sandbox; /* of `urun sandbox`; else NULL */
	bool is_create;		 /* it is not to be run */
	bool is_update;		 /* only limits are read, for one that has some */
	bool is_rootfs;		 /* --rootfs: the first word is a folder */
	bool is_keep_groups;
	bool has_hosts;		  /* not --no-hosts */
	bool has_userns;	  /* --userns with a value */
	bool has_shm_size;	  /* --shm-size */
	bool has_cpus, has_quota; /* --cpus; --cpu-quota or --cpu-period */
	bool is_network_auto;	  /* --network auto, or none was given */
	bool want_all_ports;	  /* --publish-all */
	struct net_facts
		net;	   /* what there is to connect with; set before request_build() */
	bool has_no_root;  /* in the id map; see network_look_at_map() */
	struct strv notes; /* what the user should see before the command runs */
	bool print_spec, print_plan;
	bool has_volumes;  /* of the command line or the image */
	const char *image; /* what is to be run, when it is an image; else NULL */
	const struct image_config *config; /* its config, for request_build(); borrowed */
	const char *when;		   /* --pull: missing, always, newer, never */
	bool has_rm, want_rm;		   /* --rm */
	bool want_replace;		   /* --replace */
	const char *entrypoint;		   /* NULL: none given */
	const char *cidfile;
	struct strv file_env; /* --env-file, in order */
	struct strv env;      /* -e, in order: goes over file_env */
	struct strv unset;    /* --unsetenv */
	bool unset_all;
	struct strv add_hosts; /* "name:ip" */
	struct strv dns, dns_search, dns_options;
	struct strv words; /* the command */
	struct strv cap_add, cap_drop;
	struct strv sysctls;
};

extern const struct option_table run_table, create_table;

/**
 * request_read() - read the options, and what is to be run
 * @q:    arena, environ and spec.id are set by the caller
 * @argc, @argv: argv[0] is "run"
 * @ret_help: --help was asked for; nothing else is done then
 *
 * Return: 0 or a negative errno with @err filled.
 */
int request_read(struct request *q, int argc, char **argv, bool *ret_help,
		 struct err *err);

/**
 * request_build() - what was read, and the image's config, to a validated spec
 * @q: of an image, @config is set and the spec's root as well
 *
 * What the command line says goes over what the image says. Source: podman-run(1), and the OCI
 * image specification's config.md.
 * Return: 0 or a negative errno with @err filled.
 */
int request_build(struct request *q, struct err *err);

/**
 * request_add_volumes() - what the image says is to be kept outside of its layers
 * @q: of an image, @config is set
 *
 * Each becomes a volume without a name, where the command line mounts nothing. Before
 * request_build(). Return: 0 or -EINVAL.
 */
int request_add_volumes(struct request *q, struct err *err);

/* "private", "host", "ns:PATH" or "container:NAME" for one namespace. Return: 0 or -EINVAL. */
int request_set_ns(struct request *q, enum spec_ns ns, const char *value,
		   struct err *err);

#define REQUEST_MAX_VOLUME_NAME 200
/* A volume by its name, "" for none: the source is set by whoever has the store. */
struct fsop *request_add_volume(struct request *q, const char *name, const char *dest);

/* Setters of mount options, in mount_options.c. */
int set_volume(void *target, const char *value, struct err *err);
int set_mount(void *target, const char *value, struct err *err);
int set_tmpfs(void *target, const char *value, struct err *err);
int set_device(void *target, const char *value, struct err *err);
