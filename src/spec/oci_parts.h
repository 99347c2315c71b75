/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_parts.h - what the files of the OCI reader share: see oci.h
 *
 * oci_read.c reads the document's top, oci_read_process.c what is executed,
 * oci_read_linux.c namespaces, id maps and security, oci_read_fs.c or oci_read_ops.c the
 * filesystem; oci_refuse.c looks for what cannot be given. Each part gets the same struct
 * oci and returns 0 or a negative errno with o->err filled.
 */
#pragma once

#include "base/json.h"
#include "spec/spec.h"

#define OCI_MAX_ID   (UINT32_MAX - 1) /* the last one means "none" to the kernel */
#define OCI_MAX_MODE 07777u
/* Members at most of an object whose keys the writer of the document chose: finding each
 * is a walk from the first one. */
#define OCI_MAX_MEMBERS 1024

/* A document on its way to a spec. The members are borrowed; the places stay where they
 * are for the whole reading, because what is found below them points back. */
struct oci {
	struct spec *spec;
	const char *bundle; /* NULL: relative paths stay as they are */
	struct err *err;
	struct json_at doc, process, linux_, own; /* own: "org.urun" */
};

int oci_refuse_known(struct oci *o); /* -ENOTSUP for what cannot be given yet */
int oci_read_hooks(struct oci *o);
int oci_read_process(struct oci *o);
int oci_read_sched(struct oci *o); /* a part of the process */
int oci_read_linux(struct oci *o);
int oci_read_network(struct oci *o);
int oci_read_resolver(struct oci *o);
int oci_read_resources(struct oci *o);
/* One entry of mounts. */
int oci_read_mount(struct oci *o, const struct json_at *at);
int oci_read_fs(struct oci *o);	 /* mounts, devices, maskedPaths, readonlyPaths */
int oci_read_ops(struct oci *o); /* the list below "org.urun" instead */

/* How one member of an object is read into one member of a struct. */
enum oci_kind {
	OCI_STRING,  /* const char * */
	OCI_BOOL,    /* bool */
	OCI_NUMBER,  /* uint32_t, at most @max */
	OCI_STRINGS, /* struct strv, at most @max of them */
};

struct oci_field {
	const char *key; /* NULL ends a table */
	enum oci_kind kind;
	size_t offset;
	uint32_t max;
};

/**
 * oci_read_fields() - read the members of an object that a table lists
 * @o:      the reader
 * @at:     the object; absent or lacking members leave @target as it is
 * @fields: ended by a NULL key
 * @target: the struct that the offsets count from
 *
 * Return: 0; -EINVAL for a wrong type or range.
 */
int oci_read_fields(struct oci *o, const struct json_at *at,
		    const struct oci_field *fields, void *target);

/**
 * oci_read_word() - read a string that is one of a list
 * @o:    the reader
 * @at:   the string; an absent one leaves @ret as it is
 * @list: ended by NULL
 * @ret:  the word's place in the list
 *
 * Return: 0; -EINVAL for another type or word.
 */
int oci_read_word(struct oci *o, const struct json_at *at, const char *const *list,
		  int *ret);

/**
 * oci_read_list() - expect an array of limited length
 * @o:   the reader
 * @at:  the array; absent counts as empty
 * @max: elements
 * @ret: how many there are
 *
 * Return: 0; -EINVAL for another type, or too many.
 */
int oci_read_list(struct oci *o, const struct json_at *at, size_t max, size_t *ret);

/**
 * oci_read_each() - read an array of limited length, element by element
 * @o:    the reader
 * @list: the array; absent counts as empty
 * @max:  elements
 * @read: reads one of them
 *
 * Return: 0; -EINVAL for another type, or too many; or what @read returned first.
 */
int oci_read_each(struct oci *o, const struct json_at *list, size_t max,
		  int (*read)(struct oci *, const struct json_at *));

/**
 * oci_read_name() - read a string that must be there and not be empty
 * @o:    the reader
 * @at:   the string
 * @what: "a path", for the message
 * @ret:  the string, in the arena of the spec
 *
 * Return: 0 or -EINVAL.
 */
int oci_read_name(struct oci *o, const struct json_at *at, const char *what,
		  const char **ret);

/* A list of ranges, pushed to an array. */
struct oci_ranges {
	struct idrange *v;
	size_t n_v;
};

/* Reads uidMappings or gidMappings. 0 or -EINVAL. */
int oci_read_ranges(struct oci *o, const struct json_at *at, struct oci_ranges *ret);

/* A list of CPUs or memory nodes, "0-3,5". "" and none leave @ret. 0 or -EINVAL. */
int oci_read_cpus(struct oci *o, const struct json_at *at, const char **ret);

/**
 * oci_add_op() - append an operation at a place that the document names
 * @o:    the reader
 * @dest: a path inside the container; a relative one counts from "/", as old tools
 *        have it
 * @kind: what is done there
 * @ret:  the operation, until the next one
 *
 * Return: 0; -EINVAL for no path, or for "/" where that makes no sense.
 */
int oci_add_op(struct oci *o, const struct json_at *dest, enum fsop_kind kind,
	       struct fsop **ret);

/* Is every word of an environment that was read from @list a NAME=VALUE? 0 or -EINVAL. */
int oci_check_env(struct oci *o, const struct json_at *list, const struct strv *env);

/* "<path>: <text>". Return: -ENOTSUP, for what is understood and cannot be given. */
int oci_refuse(struct oci *o, const struct json_at *at, const char *text);

/* A path of the host, counted from the bundle when it is relative. */
const char *oci_from_bundle(const struct oci *o, const char *path);

/**
 * oci_copy_members() - copy the members of an object from one document to another
 * @to:   an object
 * @from: an object
 * @err:  filled on failure
 *
 * Fractions, null, and arrays in arrays are left out: nothing that a container's
 * configuration knows has them.
 * Return: 0; -EINVAL for an object of more than OCI_MAX_MEMBERS.
 */
int oci_copy_members(struct json *to, const struct json_at *from, struct err *err);

/* What the writer has in files of their own. @linux_, @own: objects of the document. */
void oci_put_hooks(struct json *doc, const struct spec *s);
void oci_put_sched(struct json *process, const struct spec_process *p);
void oci_put_resources(struct json *linux_, struct json *own, const struct spec *s);

/* Fills spec.unknown, where that is wanted. */
int oci_find_unknown(struct oci *o);

/* linux.resources.devices */
int oci_read_device_rules(struct oci *o, const struct json_at *list);
void oci_put_device_rules(struct json *resources, const struct spec_resources *r);
