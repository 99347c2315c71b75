// SPDX-License-Identifier: Apache-2.0
/*
 * state.c - urun-oci state, list, ps: how containers are doing
 */
#include "engine/state.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/oci/oci.h"
#include "sys/fd.h"
#include "sys/proc_list.h"

struct asked {
	bool is_json, is_quiet;
};

static int set_format(void *target, const char *value, struct err *err)
{
	struct asked *a = target;

	a->is_json = strcmp(value, "json") == 0;
	if (a->is_json || strcmp(value, "table") == 0)
		return 0;
	return err_say(err, -EINVAL, "'%s' is neither table nor json", value);
}

static int set_quiet(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct asked *)target)->is_quiet, err);
}

static const struct option no_options[] = {{0}};
static const struct option list_options[] = {
	{"format", 'f', "FORMAT", "table or json", set_format},
	{"quiet", 'q', NULL, "ids only", set_quiet},
	{0},
};
static const struct option ps_options[] = {
	{"format", 'f', "FORMAT", "table, or json: the numbers alone", set_format},
	{0},
};

/* What is known and seen of one. */
struct seen {
	struct state state;
	enum state_status status;
	pid_t pid;
};

static int look(const struct oci_run *run, const char *id, struct seen *ret,
		struct err *err)
{
	_cleanup_fd_ int folder = -EBADF;
	int r = state_open(run->root, id, &folder, err);

	if (r == 0)
		r = state_read(folder, id, run->arena, &ret->state, err);
	if (r == 0)
		ret->status = state_status(folder, &ret->state, NULL, &ret->pid);
	return r;
}

static int cmd_state(struct oci_run *run, int argc, char **argv)
{
	struct seen s;
	struct err err = {0};
	const char *id;
	int code, r;

	if (!oci_read_id(&oci_state, argc, argv, NULL, &id, &code))
		return code;
	r = oci_open_root(run, false, &err);
	if (r == 0)
		r = look(run, id, &s, &err);
	return r < 0 ? oci_fail(&err)
		     : oci_print_json(state_to_json(&s.state, s.status, s.pid));
}

/* --- list --- */

static void print_row(const char *id, const char *pid, const char *status,
		      const char *bundle, const char *created, const char *owner,
		      int id_width, int bundle_width)
{
	printf("%-*s %-9s %-8s %-*s %-30s %s\n", id_width, id, pid, status, bundle_width,
	       bundle, created, owner);
}

static void print_table(const struct seen *all, size_t n)
{
	int id_width = 4, bundle_width = 32;

	for (size_t i = 0; i < n; i++) {
		const char *bundle = all[i].state.bundle ? all[i].state.bundle : "";

		id_width = MAX(id_width, (int)strlen(all[i].state.id));
		bundle_width = MAX(bundle_width, (int)strlen(bundle));
	}
	print_row("NAME", "PID", "STATUS", "BUNDLE PATH", "CREATED", "OWNER", id_width,
		  bundle_width);
	for (size_t i = 0; i < n; i++) {
		const struct state *s = &all[i].state;
		char pid[16], bundle[4096];

		snprintf(pid, sizeof(pid), "%d", (int)all[i].pid);
		text_escape(bundle, sizeof(bundle), s->bundle ? s->bundle : "");
		print_row(s->id, pid, state_status_name(all[i].status), bundle,
			  s->created ? s->created : "", s->owner ? s->owner : "",
			  id_width, bundle_width);
	}
}

static int print_list(const struct asked *asked, const struct seen *all, size_t n)
{
	struct json *doc = asked->is_json && !asked->is_quiet ? json_new_array() : NULL;

	for (size_t i = 0; i < n; i++)
		if (asked->is_quiet)
			printf("%s\n", all[i].state.id);
		else if (doc)
			json_add_document(doc, state_to_json(&all[i].state, all[i].status,
							     all[i].pid));
	if (doc)
		return oci_print_json(doc);
	if (!asked->is_quiet)
		print_table(all, n);
	return oci_flush();
}

static int cmd_list(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {0};
	struct {
		struct seen *v;
		size_t n_v;
	} all = {0};
	struct strv ids = {0};
	struct err err = {0};
	bool want_help = false;
	int r = options_read_only(&oci_list.table, argc, argv, &asked, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(&oci_list.table);
		return oci_flush();
	}
	if (r == 0)
		r = oci_open_root(run, false, &err);
	if (r == 0)
		r = state_list(run->root, run->arena, &ids, &err);
	if (r < 0)
		return oci_fail(&err);
	for (size_t i = 0; i < ids.n; i++) {
		struct seen s;

		/* One that is broken, or goes meanwhile, does not hide the others. */
		err = (struct err){0};
		r = look(run, ids.v[i], &s, &err);
		if (r == 0)
			*ARR_PUSH(run->arena, &all, v) = s;
		else if (r != -ENOENT)
			oci_note(err.message);
	}
	return print_list(&asked, all.v, all.n_v);
}

/* --- ps --- */

static int print_processes(const struct asked *asked, const struct proc *all, size_t n,
			   struct arena *a)
{
	struct json *doc = asked->is_json ? json_new_array() : NULL;

	if (!doc)
		printf("%-9s %-9s %-9s %s\n", "PID", "PPID", "UID", "COMMAND");
	for (size_t i = 0; i < n; i++) {
		const char *what = all[i].args[0] ? all[i].args
						  : arena_printf(a, "[%s]", all[i].comm);
		char shown[2048];

		if (doc) {
			json_add_int(doc, all[i].pid);
			continue;
		}
		text_escape(shown, sizeof(shown), what);
		printf("%-9d %-9d %-9u %s\n", (int)all[i].pid, (int)all[i].ppid,
		       all[i].euid, shown);
	}
	return doc ? oci_print_json(doc) : oci_flush();
}

static int cmd_ps(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {0};
	struct proc_query query;
	struct proc *all = NULL;
	struct seen s;
	struct err err = {0};
	const char *id;
	size_t n = 0;
	int code, r;

	if (!oci_read_id(&oci_ps, argc, argv, &asked, &id, &code))
		return code;
	r = oci_open_root(run, false, &err);
	if (r == 0)
		r = look(run, id, &s, &err);
	if (r == 0 && s.pid == 0)
		r = err_say(&err, -ESRCH, "container not running: '%s': no such process",
			    id);
	if (r < 0)
		return oci_fail(&err);
	query = (struct proc_query){s.pid, s.state.cgroup};
	r = proc_list(&query, run->arena, &all, &n, &err);
	return r < 0 ? oci_fail(&err) : print_processes(&asked, all, n, run->arena);
}

const struct oci_command oci_state = {
	{"state", "ID", "print the state of a container", no_options, "urun-oci"},
	cmd_state,
	false,
};
const struct oci_command oci_list = {
	{"list", "[OPTIONS]", "list the containers", list_options, "urun-oci"},
	cmd_list,
	false,
};
const struct oci_command oci_ps = {
	{"ps", "[OPTIONS] ID", "list the processes of a container", ps_options,
	 "urun-oci"},
	cmd_ps,
	false,
};
