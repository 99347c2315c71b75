/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci.h - a spec as the OCI runtime's config.json, and back
 *
 * What OCI has no word for stands below "org.urun": the ordered operations of the filesystem,
 * the id map's mode, and what the builder looks up. Reading back what was written gives the
 * same spec.
 */
#pragma once

#include "spec/spec.h"

struct json;

/* What is written, and the newest that is read. */
#define OCI_VERSION "1.2.0"

/* The spec as a document for json_free(). */
struct json *spec_to_oci(const struct spec *spec);

/**
 * spec_from_oci() - read a config.json
 * @spec:   filled; spec_init() was called
 * @text, @len: borrowed
 * @bundle: folder that relative paths of the host count from: root.path, sources of
 *          binds; borrowed; NULL leaves them as they are
 * @err:    names the value by its JSON path
 *
 * Each value is checked by itself, whatever the document holds; spec_validate() is still
 * to be called. Unknown keys are ignored, as the specification wants it; a known one that
 * cannot be given is refused.
 * Return: 0; -EINVAL, -ENOTSUP, or what json_parse() returns.
 */
int spec_from_oci(struct spec *spec, const char *text, size_t len, const char *bundle,
		  struct err *err);

/**
 * spec_read_process() - read a process object alone, as an exec is given it
 * @spec: its process and what it may (capabilities, no_new_privs, labels) become those of the
 *        object; the rest stays as it is
 * @text, @len: borrowed
 * @err:  names the value by its path in a config.json: process.user.uid
 *
 * What an object does not say counts as in spec_from_oci(), whatever @spec held: nothing is taken
 * over from the container's own process.
 * Return: 0; -EINVAL, -ENOTSUP, or what json_parse() returns.
 */
int spec_read_process(struct spec *spec, const char *text, size_t len, struct err *err);

/**
 * spec_read_resources() - read an object of limits alone, as linux.resources has it
 * @spec: its resources are filled
 *
 * Messages name values as if they stood in a document. Return: as spec_from_oci().
 */
int spec_read_resources(struct spec *spec, const char *text, size_t len, struct err *err);

/**
 * spec_state_text() - a container's state as hooks are told it
 * @spec:   id and bundle are set
 * @status: "creating", "created", "running" or "stopped"
 * @pid:    of the first process, as who is told sees it; 0: none
 *
 * Return: JSON, from @a.
 */
char *spec_state_text(const struct spec *spec, const char *status, pid_t pid,
		      struct arena *a);

/* @pairs: KEY=VALUE, as "annotations" of @doc; nothing where there are none. */
void oci_put_annotations(struct json *doc, const struct strv *pairs, struct arena *a);

/**
 * spec_listener_text() - what who answers for a seccomp filter is told, with its descriptor
 * @pid: of the process that has the filter, as the runtime sees it
 * @first_pid: of the container; an exec has another one
 * @status, @a: as for spec_state_text()
 *
 * Source: OCI runtime specification 1.2, config-linux.md, "The Container Process State".
 */
char *spec_listener_text(const struct spec *spec, const char *status, pid_t pid,
			 pid_t first_pid, struct arena *a);
