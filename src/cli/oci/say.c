// SPDX-License-Identifier: Apache-2.0
/*
 * say.c - what urun-oci tells engines: in their log, and to standard error
 *
 * Engines read the log's last line for the reason of a failure, as JSON with the key "msg"; people
 * read standard error.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/oci/oci.h"
#include "sys/clock.h"
#include "sys/fd.h"

/* Opened once by main(), for all that is said after. */
static struct {
	int fd;
	bool is_json, want_debug;
} to_log = {.fd = -EBADF};

int oci_open_log(const struct oci_options *o, struct err *err)
{
	const char *path = o->log;

	to_log.is_json = o->is_log_json;
	to_log.want_debug = o->want_debug;
	if (!path || !path[0])
		return 0;
	/* crun's way to name a kind of log. */
	if (strncmp(path, "file:", 5) == 0)
		path += 5;
	else if (strncmp(path, "journald:", 9) == 0 || strncmp(path, "syslog:", 7) == 0) {
		err_say(err, -ENOTSUP, "--log '%s': only files are written", path);
		return err_hint(err, -ENOTSUP, "--log file:PATH");
	}
	to_log.fd =
		fd_create(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0600);
	return to_log.fd < 0 ? err_set(err, to_log.fd, "open --log '%s'", path) : 0;
}

static void write_log(const char *level, const char *text)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *line = NULL;
	const char *now = clock_now_text(&a);
	char *whole;

	if (to_log.fd < 0)
		return;
	if (to_log.is_json) {
		json_put_str(doc, "level", level);
		json_put_str(doc, "msg", text);
		json_put_str(doc, "time", now);
		line = json_text(doc, false);
	}
	whole = to_log.is_json ? arena_printf(&a, "%s\n", line ? line : "{}")
			       : arena_printf(&a, "time=\"%s\" level=%s msg=\"%s\"\n",
					      now, level, text);
	/* One write: lines of several processes do not mix. */
	fd_write_all(to_log.fd, whole, strlen(whole));
}

/* The words of crun and runc for what engines tell apart by them. */
static const char *words_for(const struct err *err)
{
	switch (err->exit_class) {
	case ERR_EXIT_NOT_FOUND:
		return ": executable file not found in $PATH: no such file or directory";
	case ERR_EXIT_NOT_INVOKED:
		/* They take what is not there for a command that is not found. */
		return strstr(err->message, "denied") ||
				       strstr(err->message, "No such file")
			       ? ""
			       : ": permission denied";
	default:
		return "";
	}
}

/* The plan's and the engine's hints speak of `urun run`: a document has these in their place. What is said of
 * a container around urun (seccomp=unconfined, unmask=ALL) is not for it. */
static const struct {
	const char *option, *key;
} keys[] = {
	{"--userns ns:", "linux.namespaces, one of type user with that path"},
	{"--uidmap", "linux.uidMappings, linux.gidMappings"},
	{"--userns", "linux.uidMappings, linux.gidMappings"},
	{" with -u", "process.user"},
	{"-u UID", "process.user"},
	{" with -w", "process.cwd"},
	{"--memory", "linux.resources.memory"},
	{"--limits", "linux.resources, without which there are no limits"},
	{"--pid host", "linux.namespaces, without one of type pid"},
	{"--network", "linux.namespaces, without one of type network"},
	{"seccomp=unconfined does", "linux.seccomp"},
	{"mask=PATH", "linux.maskedPaths"},
	{"--rootfs DIR:O", "root.path, which may be an overlay of the engine's"},
};

static void add_key(struct err *err)
{
	size_t len = strlen(err->hint);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strstr(err->hint, keys[i].option) || strstr(err->hint, keys[i].key))
			continue;
		snprintf(err->hint + len, sizeof(err->hint) - len,
			 "\nThese are options of 'urun run'; in config.json: %s",
			 keys[i].key);
		return;
	}
}

int oci_fail(const struct err *said)
{
	struct err own = *said, *err = &own;
	char whole[sizeof(err->message) + sizeof(err->hint) + 128];
	char shown[sizeof(whole) * 4];
	size_t len;

	add_key(err);
	snprintf(whole, sizeof(whole), "%s%s", err->message, words_for(err));
	text_escape(shown, sizeof(shown), whole);
	fprintf(stderr, "urun-oci: %s\n", shown);
	len = strlen(whole);
	for (const char *line = err->hint; *line; line += *line == '\n') {
		char one[sizeof(err->hint)];
		size_t n = strcspn(line, "\n");

		snprintf(one, sizeof(one), "%.*s", (int)n, line);
		text_escape(shown, sizeof(shown), one);
		fprintf(stderr, "  %s\n", shown);
		line += n;
	}
	/* An engine shows one line. */
	if (err->hint[0]) {
		snprintf(whole + len, sizeof(whole) - len, " (%s)", err->hint);
		for (char *c = whole + len; (c = strchr(c, '\n'));)
			*c = ';';
	}
	text_escape(shown, sizeof(shown), whole);
	write_log("error", shown);
	return OCI_EXIT_FAILED;
}

void oci_note(const char *text)
{
	char shown[2048];

	text_escape(shown, sizeof(shown), text);
	/* Standard error is the container's where an engine calls, and its log is not. */
	if (to_log.fd < 0)
		fprintf(stderr, "urun-oci: note: %s\n", shown);
	write_log("warning", shown);
}

void oci_debug(const char *text)
{
	char shown[2048];

	if (!to_log.want_debug)
		return;
	text_escape(shown, sizeof(shown), text);
	if (to_log.fd < 0)
		fprintf(stderr, "urun-oci: debug: %s\n", shown);
	write_log("debug", shown);
}

int oci_flush(void)
{
	int r = fd_flush(stdout);
	struct err err = {0};

	if (r == 0)
		return 0;
	err_set(&err, r, "write to standard output");
	return oci_fail(&err);
}

int oci_print_json(struct json *doc)
{
	_cleanup_free_ char *text = json_text(doc, true);

	json_free(doc);
	if (text)
		fputs(text, stdout);
	return oci_flush();
}
