// SPDX-License-Identifier: Apache-2.0
/*
 * inspect.c - inspect, image inspect, container inspect: all that is known of one thing, in
 * podman's names
 */
#include "cli/urun/inspect.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mountattr.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/template.h"
#include "cli/urun/verb.h"
#include "spec/oci.h"
#include "spec/words.h"
#include "sys/fd.h"
#include "sys/tty.h"

enum inspect_type { TYPE_ALL, TYPE_IMAGE, TYPE_CONTAINER };

struct inspect_options {
	enum inspect_type type;
	const char *format;
	struct arena arena;
};

/* Members whose keys are an image's or the user's own. */
static const char *const maps[] = {"Labels",	  "Volumes", "ExposedPorts",
				   "Annotations", "Options", "Healthcheck",
				   NULL};

static void put_text(struct json *o, const char *key, const char *value)
{
	json_put_str(o, key, value ? value : "");
}

/* Go's sets: {"80/tcp": {}}. */
static void put_set(struct json *o, const char *key, const struct strv *names)
{
	struct json *map = json_put_object(o, key);

	for (size_t i = 0; i < names->n; i++)
		json_put_object(map, names->v[i]);
}

/* --- images --- */

static void put_health(struct json *o, const struct image_health *h)
{
	struct json *health = json_put_object(o, "Healthcheck");

	if (h->test.n == 0)
		return;
	json_put_strv(health, "Test", &h->test);
	json_put_int(health, "Interval", h->interval_ns);
	json_put_int(health, "Timeout", h->timeout_ns);
	json_put_int(health, "StartPeriod", h->start_period_ns);
	json_put_int(health, "Retries", h->retries);
}

static void put_config(struct json *o, const struct image_config *c, struct arena *a)
{
	struct json *config = json_put_object(o, "Config");

	put_text(config, "User", c->user);
	put_set(config, "ExposedPorts", &c->exposed_ports);
	json_put_strv(config, "Env", &c->env);
	json_put_strv(config, "Entrypoint", &c->entrypoint);
	json_put_strv(config, "Cmd", &c->cmd);
	put_set(config, "Volumes", &c->volumes);
	put_text(config, "WorkingDir", c->working_dir);
	format_put_pairs(config, "Labels", &c->labels, a);
	put_text(config, "StopSignal", c->stop_signal);
	json_put_strv(config, "Shell", &c->shell);
	json_put_strv(config, "OnBuild", &c->on_build);
	put_health(config, &c->health);
}

/* Those of the manifest. */
static void put_annotations(struct json *o, const struct store_image *image,
			    struct arena *a)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json *map = json_put_object(o, "Annotations");
	struct json_at root, notes, item;

	if (json_parse(image->manifest_text, strlen(image->manifest_text), &doc, NULL) <
	    0)
		return;
	root = json_root(doc);
	notes = json_key(&root, "annotations");
	for (size_t i = 0; i < json_count(&notes); i++) {
		const char *key = arena_strdup(a, json_member(&notes, i, &item));
		const char *value = NULL;

		if (json_read_str(&item, a, &value, NULL) == 0)
			json_put_str(map, key, value);
	}
}

static void put_history(struct json *o, const struct image_config *c)
{
	struct json *list = json_put_array(o, "History");

	for (size_t i = 0; i < c->n_history; i++) {
		const struct image_history *h = &c->history[i];
		struct json *step = json_add_object(list);

		put_text(step, "created", h->created);
		put_text(step, "created_by", h->created_by);
		json_put_bool(step, "empty_layer", h->is_empty_layer);
		put_text(step, "comment", h->comment);
	}
}

/* All names of the same manifest. */
static int put_names(struct images *m, struct json *o, const struct store_entry *e,
		     struct err *err)
{
	struct json *tags = json_put_array(o, "RepoTags");
	struct json *digests = json_put_array(o, "RepoDigests");
	struct strv seen = {0};
	struct store_entry *entries;
	size_t n;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *name = entries[i].name, *colon, *digest;

		if (!name ||
		    !digest_equal(&entries[i].manifest.digest, &e->manifest.digest))
			continue;
		json_add_str(tags, name);
		colon = strrchr(name, ':');
		if (!colon || strchr(colon, '/'))
			colon = name + strlen(name);
		digest = arena_printf(m->arena, "%.*s@%s", (int)(colon - name), name,
				      e->manifest.digest.text);
		if (strv_has(&seen, digest))
			continue;
		strv_push(m->arena, &seen, digest);
		json_add_str(digests, digest);
	}
	return r;
}

static void put_image(struct json *o, const struct store_image *image, struct arena *a)
{
	const struct image_config *c = &image->config;
	struct json *rootfs, *layers;
	uint64_t size = image->manifest.config.size;

	for (size_t i = 0; i < image->manifest.n_layers; i++)
		size += image->manifest.layers[i].size;
	put_text(o, "Parent", NULL);
	put_text(o, "Comment", c->n_history ? c->history[c->n_history - 1].comment : "");
	put_text(o, "Created", c->created);
	put_config(o, c, a);
	put_text(o, "Version", "");
	put_text(o, "Author", c->author);
	put_text(o, "Architecture", c->architecture);
	put_text(o, "Variant", c->variant);
	put_text(o, "Os", c->os);
	json_put_int(o, "Size", (int64_t)size);
	json_put_int(o, "VirtualSize", (int64_t)size);
	json_put_str(json_put_object(o, "GraphDriver"), "Name", "overlay");
	rootfs = json_put_object(o, "RootFS");
	json_put_str(rootfs, "Type", "layers");
	layers = json_put_array(rootfs, "Layers");
	for (size_t i = 0; i < c->n_diff_ids; i++)
		json_add_str(layers, c->diff_ids[i].text);
	format_put_pairs(o, "Labels", &c->labels, a);
	put_annotations(o, image, a);
	put_text(o, "ManifestType", image->manifest.media_type);
	put_text(o, "User", c->user);
	put_history(o, c);
}

static int inspect_image(struct images *m, const char *word, struct json *list,
			 struct err *err)
{
	const struct platform p = platform_native();
	struct store_entry entry;
	struct store_image image;
	struct json *o;
	int r = store_find(&m->store, word, m->arena, &entry, err);

	if (r == 0)
		r = store_read(&m->store, &entry, &p, m->arena, &image, err);
	if (r < 0)
		return r;
	o = json_add_object(list);
	json_put_str(o, "Id", digest_hex(&image.manifest.config.digest));
	json_put_str(o, "Digest", entry.manifest.digest.text);
	r = put_names(m, o, &entry, err);
	put_image(o, &image, m->arena);
	return r;
}

/* --- containers --- */

/* What Go has for no time. */
#define NO_TIME "0001-01-01T00:00:00Z"

static void put_state(struct images *m, struct json *o, const struct container *c)
{
	struct json *state = json_put_object(o, "State");
	struct container_state s;

	container_read_state(&m->store, c, m->arena, &s);
	json_put_str(state, "Status",
		     s.is_paused    ? "paused"
		     : s.is_running ? "running"
		     : s.has_run    ? "exited"
				    : "created");
	json_put_bool(state, "Running", s.is_running && !s.is_paused);
	json_put_bool(state, "Paused", s.is_paused);
	/* Of a run without a cgroup of its own, nobody knows. */
	if (s.usage.is_known || s.cgroup || (!s.is_running && !s.has_run))
		json_put_bool(state, "OOMKilled", s.usage.oom_kills > 0);
	json_put_bool(state, "Dead", false);
	json_put_int(state, "Pid", s.pid);
	json_put_int(state, "ExitCode", s.code);
	json_put_str(state, "Error", "");
	json_put_str(state, "StartedAt", s.started ? s.started : NO_TIME);
	json_put_str(state, "FinishedAt", s.finished ? s.finished : NO_TIME);
	json_put_str(state, "CgroupPath", s.cgroup ? s.cgroup : "");
	/* The most memory of the last run, where that was measured. */
	if (s.usage.memory_peak > 0)
		json_put_int(state, "MemoryPeak", s.usage.memory_peak);
}

static void put_mounts(struct images *m, struct json *o, const struct spec *s)
{
	struct json *list = json_put_array(o, "Mounts");
	const char *volumes = arena_printf(m->arena, "%s/volumes/", m->store.path);
	size_t len = strlen(volumes);

	for (size_t i = 0; i < s->n_fsops; i++) {
		const struct fsop *op = &s->fsops[i];
		bool is_volume;
		struct json *e;

		if (!spec_is_users_mount(op))
			continue;
		is_volume = strncmp(op->source, volumes, len) == 0;
		e = json_add_object(list);
		json_put_str(e, "Type", is_volume ? "volume" : "bind");
		if (is_volume)
			json_put_str(e, "Name",
				     arena_strndup(m->arena, op->source + len,
						   strcspn(op->source + len, "/")));
		json_put_str(e, "Source", op->source);
		json_put_str(e, "Destination", op->dest);
		json_put_str(e, "Driver", is_volume ? "local" : "");
		json_put_bool(e, "RW", !(op->attr_set & MOUNT_ATTR_RDONLY));
	}
}

/* As podman has it: "private", "host", "ns:PATH", "container:NAME"; "none" for a network of
 * loopback alone. */
static const char *mode_of(const struct spec *s, enum spec_ns which, const char *own,
			   struct arena *a)
{
	const struct spec_namespace *ns = &s->ns[which];

	switch (ns->mode) {
	case NS_MODE_CONTAINER:
		return arena_printf(a, "container:%s", s->joined);
	case NS_MODE_HOST:
		return "host";
	case NS_MODE_PATH:
		return arena_printf(a, "ns:%s", ns->path);
	case NS_MODE_PRIVATE:
		break;
	}
	return own;
}

static void put_host_config(struct images *m, struct json *o, const struct container *c,
			    const struct spec *s)
{
	struct json *host = json_put_object(o, "HostConfig");
	struct arena *a = m->arena;

	json_put_bool(host, "AutoRemove", c->is_throwaway);
	if (c->is_throwaway)
		return;
	put_text(host, "NetworkMode",
		 mode_of(s, NS_NET, words_network[s->net.backend], a));
	put_text(host, "IpcMode", mode_of(s, NS_IPC, "private", a));
	put_text(host, "PidMode", mode_of(s, NS_PID, "private", a));
	put_text(host, "UTSMode", mode_of(s, NS_UTS, "private", a));
	put_text(host, "CgroupMode", mode_of(s, NS_CGROUP, "private", a));
	json_put_bool(host, "ReadonlyRootfs", s->root.is_readonly);
	json_put_bool(host, "Privileged", s->security.is_privileged);
	json_put_bool(host, "Init", s->process.want_init);
}

static bool is_same_port(const struct container_port *a, const struct container_port *b)
{
	return a->port == b->port && a->is_udp == b->is_udp;
}

/* Was it put with one before it? */
static bool is_listed(const struct container_port *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_port(&v[k], &v[i]))
			return true;
	return false;
}

/* All places of the host that lead to port @i. */
static void put_port(struct json *ports, const struct container_port *v, size_t n,
		     size_t i, struct arena *a)
{
	struct json *list = json_put_array(
		ports, arena_printf(a, "%u/%s", v[i].port, v[i].is_udp ? "udp" : "tcp"));

	for (size_t k = i; k < n; k++) {
		struct json *at;

		if (!is_same_port(&v[k], &v[i]))
			continue;
		at = json_add_object(list);
		json_put_str(at, "HostIp", v[k].host_ip);
		json_put_str(at, "HostPort", arena_printf(a, "%u", v[k].host_port));
	}
}

/* There are no networks that containers share, and none gives it an address that others use. */
static void put_network(struct images *m, struct json *o, const struct container *c)
{
	struct json *network = json_put_object(o, "NetworkSettings"), *ports;
	struct container_port *v = NULL;
	size_t n = 0;

	json_put_str(network, "IPAddress", "");
	json_put_object(network, "Networks");
	ports = json_put_object(network, "Ports");
	if (container_is_held(&m->store, c, m->arena))
		container_read_ports(&m->store, c, m->arena, &v, &n, NULL);
	for (size_t i = 0; i < n; i++)
		if (!is_listed(v, i))
			put_port(ports, v, n, i, m->arena);
}

static void put_spec(struct images *m, struct json *o, const struct container *c,
		     const struct spec *s)
{
	const struct spec_process *p = &s->process;
	struct json *config;
	struct strv rest = {0};

	for (size_t i = 1; i < p->args.n; i++)
		strv_push(m->arena, &rest, p->args.v[i]);
	put_text(o, "Path", p->args.n > 0 ? p->args.v[0] : "");
	json_put_strv(o, "Args", &rest);
	put_mounts(m, o, s);
	config = json_put_object(o, "Config");
	put_text(config, "Image", c->image);
	put_text(config, "Hostname", s->hostname);
	put_text(config, "User", p->user.name);
	json_put_bool(config, "Tty", p->want_terminal);
	json_put_bool(config, "OpenStdin", p->want_stdin);
	json_put_strv(config, "Env", &p->env);
	json_put_strv(config, "Cmd", &p->args);
	put_text(config, "WorkingDir", p->cwd ? p->cwd : "/");
	format_put_pairs(config, "Labels", &s->annotations, m->arena);
}

/* A throw-away container has no config.json: what its record does not say is empty. */
static int read_spec(struct images *m, const struct container *c, struct spec *ret,
		     struct err *err)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
				       O_PATH | O_DIRECTORY);
	char *text;
	size_t len;
	int r;

	spec_init(ret, m->arena);
	if (c->is_throwaway) {
		ret->process.args = c->args;
		ret->annotations = c->labels;
		return 0;
	}
	if (dir < 0)
		return err_set(err, dir, "container %.12s", c->id);
	r = container_read_config(dir, m->arena, &text, &len, err);
	if (r == 0)
		r = spec_from_oci(ret, text, len, NULL, err);
	if (r < 0)
		err_prefix(err, "container %.12s", c->id);
	return r;
}

static int inspect_container(struct images *m, const char *word, struct json *list,
			     struct err *err)
{
	struct container c = {0};
	struct spec spec;
	struct json *o;
	int r = container_find_any(&m->store, word, m->arena, &c, err);

	if (r == 0)
		r = read_spec(m, &c, &spec, err);
	if (r < 0)
		return r;
	o = json_add_object(list);
	json_put_str(o, "Id", c.id);
	put_text(o, "Created", c.created);
	put_state(m, o, &c);
	put_text(o, "Image", digest_hex(&c.image_id));
	put_text(o, "ImageName", c.image);
	put_text(o, "Name", c.name);
	json_put_bool(o, "AutoRemove", c.is_throwaway);
	put_spec(m, o, &c, &spec);
	put_host_config(m, o, &c, &spec);
	put_network(m, o, &c);
	return 0;
}

/* --- the verbs --- */

static int set_type(void *target, const char *value, struct err *err)
{
	static const char *const names[] = {[TYPE_ALL] = "all",
					    [TYPE_IMAGE] = "image",
					    [TYPE_CONTAINER] = "container"};
	struct inspect_options *o = target;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		o->type = (enum inspect_type)i;
		return 0;
	}
	return err_say(err, -EINVAL, "'%s': image, container or all", value);
}

static int set_format(void *target, const char *value, struct err *err)
{
	struct inspect_options *o = target;

	o->format = value;
	return format_check(value, &o->arena, err);
}

static int print_document(const struct json *list, struct arena *a)
{
	_cleanup_free_ char *text = json_text(list, true);

	if (!text)
		return -ENOMEM;
	fputs(tty_is(STDOUT_FILENO) ? format_escape(text, a) : text, stdout);
	return 0;
}

int inspect_print(const struct json *list, const char *format, struct arena *a,
		  struct err *err)
{
	struct json_at all = json_root(list);
	const struct template *t;
	int r;

	if (!format || format_is_json(format))
		return print_document(list, a);
	r = template_parse(format, a, &t, err);
	for (size_t i = 0; r == 0 && i < json_count(&all); i++) {
		struct json_at one = json_index(&all, i);
		struct template_data data = {one.value, maps};
		const char *text;
		size_t len;

		r = template_run(t, &data, a, &text, err);
		if (r < 0)
			return r;
		len = strlen(text);
		if (len == 0 || text[len - 1] != '\n')
			text = arena_printf(a, "%s\n", text);
		text = tty_is(STDOUT_FILENO) ? format_escape(text, a) : text;
		fputs(format_align(text, a), stdout);
	}
	return r;
}

static int inspect_one(struct images *m, enum inspect_type type, const char *word,
		       struct json *list, struct err *err)
{
	int r = -ENOENT;

	if (type != TYPE_IMAGE)
		r = inspect_container(m, word, list, err);
	if (type == TYPE_IMAGE || (type == TYPE_ALL && r == -ENOENT))
		r = inspect_image(m, word, list, err);
	if (type == TYPE_ALL && r == -ENOENT) {
		err_say(err, r, "'%s': no such container or image", word);
		return err_hint(err, r, "urun ps -a and urun images list what is there");
	}
	return r;
}

/* What is there is printed, also when something else is not. */
static int inspect(struct images *m, void *options, char **words, struct err *err)
{
	struct inspect_options *o = options;
	_cleanup_json_ struct json *list = json_new_array();
	struct err first = {0};
	int r, printed;

	for (; *words; words++) {
		struct err why = {0};

		r = inspect_one(m, o->type, *words, list, &why);
		if (r < 0 && !first.code)
			first = why;
	}
	printed = inspect_print(list, o->format, m->arena, err);
	if (printed < 0)
		return printed;
	if (first.code)
		*err = first;
	return first.code;
}

static const struct option inspect_options[] = {
	{"format", 'f', "FORMAT", "json, or a template: {{.Config.User}}", set_format},
	{"type", 't', "TYPE", "image, container or all (the default)", set_type},
	{0},
};

/* Where the verb says of which type. */
static const struct option format_options[] = {
	{"format", 'f', "FORMAT", "json, or a template: {{.Id}}", set_format},
	{0},
};

const struct verb verb_inspect = {
	{"inspect", "[OPTIONS] NAME...",
	 "Show all that is known of containers and images, as JSON.", inspect_options},
	1,
	-1,
	inspect,
};

const struct verb verb_image_inspect = {
	{"image inspect", "[OPTIONS] IMAGE...",
	 "Show all that is known of images, as JSON.", format_options},
	1,
	-1,
	inspect,
};

const struct verb verb_container_inspect = {
	{"container inspect", "[OPTIONS] CONTAINER...",
	 "Show all that is known of containers, as JSON.", format_options},
	1,
	-1,
	inspect,
};

static int run_verb(const struct verb *v, enum inspect_type type, int argc, char **argv)
{
	struct inspect_options o = {.type = type};
	int code = verb_run(v, &o, argc, argv);

	arena_free(&o.arena);
	return code;
}

int cmd_inspect(int argc, char **argv)
{
	return run_verb(&verb_inspect, TYPE_ALL, argc, argv);
}

int cmd_image_inspect(int argc, char **argv)
{
	return run_verb(&verb_image_inspect, TYPE_IMAGE, argc, argv);
}

int cmd_container_inspect(int argc, char **argv)
{
	return run_verb(&verb_container_inspect, TYPE_CONTAINER, argc, argv);
}
