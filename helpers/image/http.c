// SPDX-License-Identifier: Apache-2.0
/*
 * http.c - see http.h
 */
#include "http.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "http_certs.h"
#include "sys/fd.h"

struct http {
	bool is_insecure;
	/* The addresses of a proxy say nothing about the host behind it. */
	bool has_proxy;
	/* Somebody did: that there is no connection now is no mistake in a name. */
	atomic_bool has_answered;
	struct http_timing timing;
	struct http_certs certs;
	CURLSH *share;
	pthread_mutex_t locks[CURL_LOCK_DATA_LAST];
};

static const struct http_timing default_timing = {
	.connect_ms = 15000, .stall_seconds = 30, .commit_seconds = 300};

/* --- the client --- */

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void lock_share(CURL *curl, curl_lock_data what, curl_lock_access access, void *h)
{
	pthread_mutex_lock(&((struct http *)h)->locks[what]);
}

static void unlock_share(CURL *curl, curl_lock_data what, void *h)
{
	pthread_mutex_unlock(&((struct http *)h)->locks[what]);
}

/* Names and TLS sessions. Connections are not shared: libcurl cannot do that between threads.
 * Source: CURLSHOPT_SHARE(3). */
static int open_share(struct http *h)
{
	h->share = curl_share_init();
	if (!h->share)
		return -ENOMEM;
	curl_share_setopt(h->share, CURLSHOPT_LOCKFUNC, lock_share);
	curl_share_setopt(h->share, CURLSHOPT_UNLOCKFUNC, unlock_share);
	curl_share_setopt(h->share, CURLSHOPT_USERDATA, h);
	curl_share_setopt(h->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_share_setopt(h->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	return 0;
}

static bool is_proxy_configured(void)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
					    "all_proxy", "ALL_PROXY"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

int http_new(const char *host, const char *cert_dir, bool is_insecure, struct http **ret,
	     struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *h;
	int r;

	pthread_once(&once, init_curl);
	h = calloc(1, sizeof(*h));
	if (!h)
		return err_set(err, -ENOMEM, "HTTP client");
	h->is_insecure = is_insecure;
	h->has_proxy = is_proxy_configured();
	h->timing = default_timing;
	h->certs.fd = -EBADF;
	for (size_t i = 0; i < ARRAY_SIZE(h->locks); i++)
		pthread_mutex_init(&h->locks[i], NULL);
	r = open_share(h);
	r = r < 0 ? err_set(err, r, "HTTP client")
		  : http_certs_read(host, cert_dir, &h->certs, err);
	if (r < 0) {
		http_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_share_cleanup(h->share);
	for (size_t i = 0; i < ARRAY_SIZE(h->locks); i++)
		pthread_mutex_destroy(&h->locks[i]);
	http_certs_free(&h->certs);
	free(h);
}

bool http_is_insecure(const struct http *h)
{
	return h->is_insecure;
}

void http_set_timing(struct http *h, const struct http_timing *t)
{
	h->timing = *t;
}

CURL *http_begin(void)
{
	return curl_easy_init();
}

void http_answer_clear(struct http_answer *a)
{
	free(a->body);
	arena_free(&a->arena);
	*a = (struct http_answer){0};
}

/* --- one request --- */

struct transfer {
	struct http *http;
	CURL *curl;
	const struct http_request *q;
	struct http_answer *a;
	struct err *err;
	int stopped;	 /* why a callback ended it; @err is filled */
	bool is_refused; /* an address was */
	bool has_body;	 /* some of it came: what looks like a header is a trailer */
	bool is_cut;	 /* the rest of an error's body is of no use */
	size_t header_bytes;
	uint64_t sent;
	size_t body_room;
	char reason[CURL_ERROR_SIZE];
};

static size_t stop(struct transfer *t, int r)
{
	t->stopped = r;
	return 0;
}

static const char *target(const struct transfer *t)
{
	return http_url_text(t->q->url, &t->a->arena);
}

static void forget_headers(struct http_answer *a)
{
	a->location = a->content_type = a->content_digest = a->content_range = a->link =
		NULL;
	a->n_challenges = 0;
}

static void keep_header(struct http_answer *a, const char *name, size_t name_len,
			const char *value)
{
	const struct {
		const char *name;
		const char **to;
	} known[] = {
		{"Location", &a->location},
		{"Content-Type", &a->content_type},
		{"Docker-Content-Digest", &a->content_digest},
		{"Content-Range", &a->content_range},
		{"Link", &a->link},
		{"WWW-Authenticate", a->n_challenges < HTTP_MAX_CHALLENGES
					     ? &a->challenges[a->n_challenges]
					     : NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i].name) != name_len ||
		    strncasecmp(known[i].name, name, name_len) != 0 || !known[i].to)
			continue;
		*known[i].to = value;
		if (known[i].to == &a->challenges[a->n_challenges])
			a->n_challenges++;
	}
}

static size_t on_header(char *line, size_t size, size_t n, void *data)
{
	struct transfer *t = data;
	size_t len = size * n, end = len, start;
	const char *colon;

	t->header_bytes += len;
	if (t->header_bytes > HTTP_MAX_HEADERS)
		return stop(t, err_say(t->err, -EFBIG,
				       "%s %s: more than %u bytes of headers",
				       t->q->method, target(t), HTTP_MAX_HEADERS));
	if (t->has_body)
		return len;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		forget_headers(t->a);
	colon = memchr(line, ':', len);
	if (!colon || memchr(line, '\0', len))
		return len;
	start = (size_t)(colon - line) + 1;
	while (start < end && (line[start] == ' ' || line[start] == '\t'))
		start++;
	while (end > start && strchr(" \t\r\n", line[end - 1]))
		end--;
	keep_header(t->a, line, (size_t)(colon - line),
		    arena_strndup(&t->a->arena, line + start, end - start));
	return len;
}

static void read_status(struct transfer *t)
{
	struct http_answer *a = t->a;
	curl_off_t length = -1;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	a->has_length = length >= 0;
	a->length = length >= 0 ? (uint64_t)length : 0;
}

static bool grow_body(struct transfer *t, size_t len)
{
	size_t want = t->a->body_len + len + 1;
	char *grown;

	if (want <= t->body_room)
		return true;
	want = MAX(want, t->body_room * 2);
	grown = realloc(t->a->body, want);
	if (!grown)
		return false;
	t->a->body = grown;
	t->body_room = want;
	return true;
}

static size_t keep_body(struct transfer *t, const char *bytes, size_t len)
{
	bool is_wanted = t->a->status >= 200 && t->a->status < 300 && t->q->max_body > 0;
	size_t max = is_wanted ? t->q->max_body : HTTP_MAX_ERROR_BODY;

	if (len > max - t->a->body_len) {
		t->is_cut = !is_wanted;
		return is_wanted ? stop(t, err_say(t->err, -EFBIG,
						   "%s %s: the answer has more than %zu "
						   "bytes",
						   t->q->method, target(t), max))
				 : 0;
	}
	if (!grow_body(t, len))
		return stop(t,
			    err_set(t->err, -ENOMEM, "%s %s", t->q->method, target(t)));
	memcpy(t->a->body + t->a->body_len, bytes, len);
	t->a->body_len += len;
	t->a->body[t->a->body_len] = '\0';
	return len;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct transfer *t = data;
	int r;

	if (!t->has_body)
		read_status(t);
	t->has_body = true;
	if (!t->q->to || (t->a->status != 200 && t->a->status != 206))
		return keep_body(t, bytes, size * n);
	r = sink_write(t->q->to, bytes, size * n, t->err);
	return r < 0 ? stop(t, r) : size * n;
}

static size_t on_read(char *to, size_t size, size_t n, void *data)
{
	struct transfer *t = data;
	size_t len = (size_t)MIN((uint64_t)(size * n), t->q->body_bytes - t->sent);
	ssize_t got;

	if (len == 0)
		return 0;
	if (t->q->body) {
		memcpy(to, t->q->body + t->sent, len);
		got = (ssize_t)len;
	} else {
		do
			got = pread(t->q->fd, to, len, (off_t)t->sent);
		while (got < 0 && errno == EINTR);
	}
	if (got <= 0) {
		stop(t, err_set(t->err, got < 0 ? -errno : -ENODATA,
				"read what is to be sent to %s", target(t)));
		return CURL_READFUNC_ABORT;
	}
	t->sent += (uint64_t)got;
	if (t->q->meter)
		t->q->meter->sent(t->q->meter, t->sent);
	return (size_t)got;
}

/* The connection turned out to be closed: the same again on another one. */
static int on_seek(void *data, curl_off_t offset, int origin)
{
	struct transfer *t = data;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > t->q->body_bytes)
		return CURL_SEEKFUNC_CANTSEEK;
	t->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* Here the name has become an address: nothing that is checked earlier is as sure. */
static curl_socket_t on_socket(void *data, curlsocktype purpose,
			       struct curl_sockaddr *address)
{
	struct transfer *t = data;

	if (t->q->want_public && !t->http->has_proxy && http_is_private(&address->addr)) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
		      address->protocol);
}

/* --- options --- */

static void set_protocols(CURL *curl, bool is_insecure)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
			 is_insecure ? "http,https" : "https");
#else
	/* The string came with 7.85; the bits can go once that is the oldest. */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
			 is_insecure ? CURLPROTO_HTTP | CURLPROTO_HTTPS
				     : (long)CURLPROTO_HTTPS);
#endif
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
}

static void set_tls(const struct transfer *t)
{
	const struct http_certs *c = &t->http->certs;
	CURL *curl = t->curl;

	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, t->http->is_insecure ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, t->http->is_insecure ? 0L : 2L);
	if (c->fd >= 0)
		curl_easy_setopt(curl, CURLOPT_CAINFO, fd_path(c->fd).path);
	if (c->cert && t->q->is_home) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, c->cert);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, c->key);
	}
}

static void set_limits(const struct transfer *t)
{
	const struct http_timing *timing = &t->http->timing;
	bool is_upload = strcmp(t->q->method, "PUT") == 0;

	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timing->connect_ms);
	curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_STALL_BYTES);
	curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_TIME,
			 (long)(is_upload ? timing->commit_seconds
					  : timing->stall_seconds));
	curl_easy_setopt(t->curl, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(t->curl, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void set_callbacks(struct transfer *t)
{
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->reason);
	curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(t->curl, CURLOPT_OPENSOCKETDATA, t);
}

static void set_method(struct transfer *t)
{
	const char *method = t->q->method;
	CURL *curl = t->curl;

	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	} else if (strcmp(method, "POST") == 0) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)t->q->body_bytes);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, t->q->body ? t->q->body : "");
	} else if (strcmp(method, "PUT") == 0) {
		curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
				 (curl_off_t)t->q->body_bytes);
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(curl, CURLOPT_READDATA, t);
		curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(curl, CURLOPT_SEEKDATA, t);
	} else {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
}

static void free_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static void add_header(struct http_answer *a, struct curl_slist **list, const char *name,
		       const char *value)
{
	struct curl_slist *longer;

	if (!value)
		return;
	longer = curl_slist_append(*list, arena_printf(&a->arena, "%s:%s%s", name,
						       *value ? " " : "", value));
	if (longer)
		*list = longer;
}

static struct curl_slist *set_headers(struct transfer *t)
{
	const struct http_request *q = t->q;
	struct curl_slist *list = NULL;

	add_header(t->a, &list, "Accept", q->accept ? q->accept : "*/*");
	add_header(t->a, &list, "Authorization", q->authorization);
	/* Empty: libcurl would say that a POST is a form. */
	add_header(t->a, &list, "Content-Type", q->content_type ? q->content_type : "");
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(t->curl, CURLOPT_USERAGENT, "urun/" PACKAGE_VERSION);
	if (q->offset > 0)
		curl_easy_setopt(t->curl, CURLOPT_RANGE,
				 arena_printf(&t->a->arena, "%llu-",
					      (unsigned long long)q->offset));
	return list;
}

/* --- failures --- */

static int connect_error(CURL *curl)
{
	long error = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
	return error > 0 ? -(int)error : -ECONNREFUSED;
}

static const char hint_ca[] =
	"Put the certificate of its authority into a file that ends in '.crt' in\n"
	"/etc/containers/certs.d/HOST[:PORT]/ or "
	"~/.config/containers/certs.d/HOST[:PORT]/.";
static const char hint_plain[] =
	"A registry that has no TLS is asked with '--tls-verify=false' only.";

/* No connection was made, for a reason that may pass. */
static bool is_unreachable(CURL *curl, CURLcode code)
{
	curl_off_t connected_us = 0;

	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
	    code == CURLE_COULDNT_CONNECT)
		return true;
	curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
	return code == CURLE_OPERATION_TIMEDOUT && connected_us == 0;
}

static bool may_pass(const struct transfer *t, CURLcode code)
{
	/* At first it is told at once: who waits for a name that is misspelt? */
	if (is_unreachable(t->curl, code))
		return atomic_load(&t->http->has_answered);
	return code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PARTIAL_FILE ||
	       code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
	       code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 ||
	       code == CURLE_HTTP2_STREAM;
}

/* What libcurl says, as an errno. */
static int errno_of(const struct transfer *t, CURLcode code, const char **ret_hint)
{
	if (code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return -EHOSTUNREACH;
	if (code == CURLE_COULDNT_CONNECT)
		return connect_error(t->curl);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return -ETIMEDOUT;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	    code == CURLE_SSL_CERTPROBLEM) {
		*ret_hint = code == CURLE_PEER_FAILED_VERIFICATION ? hint_ca : NULL;
		return -EKEYREJECTED;
	}
	if (code == CURLE_SSL_CONNECT_ERROR) {
		*ret_hint = hint_plain;
		return -EPROTO;
	}
	return may_pass(t, code) ? -ECONNRESET : -EPROTO;
}

static int fail(struct transfer *t, CURLcode code)
{
	char reason[2 * CURL_ERROR_SIZE];
	const char *hint = NULL;
	int r;

	if (t->stopped < 0)
		return t->stopped;
	if (t->is_refused)
		return err_say(t->err, -EPERM,
			       "%s %s: refused, because a registry elsewhere sends there "
			       "and the address is of this host or of a private network",
			       t->q->method, target(t));
	t->a->may_pass = may_pass(t, code);
	r = errno_of(t, code, &hint);
	text_escape(reason, sizeof(reason),
		    t->reason[0] ? t->reason : curl_easy_strerror(code));
	err_say(t->err, r, "%s %s: %s", t->q->method, target(t), reason);
	return hint ? err_hint(t->err, r, "%s", hint) : r;
}

static bool is_private_text(const char *ip)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
	bool is_private;

	if (!ip || getaddrinfo(ip, NULL, &hints, &found) != 0)
		return false;
	is_private = http_is_private(found->ai_addr);
	freeaddrinfo(found);
	return is_private;
}

static void read_peer(struct transfer *t)
{
	curl_off_t wait_s = 0;
	char *ip = NULL;
	long connect = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &wait_s);
	t->a->retry_after_s = wait_s > 0 ? (uint32_t)MIN(wait_s, UINT32_MAX) : 0;
	/* Behind a proxy's tunnel the address is the proxy's. */
	curl_easy_getinfo(t->curl, CURLINFO_HTTP_CONNECTCODE, &connect);
	curl_easy_getinfo(t->curl, CURLINFO_PRIMARY_IP, &ip);
	t->a->is_private = connect == 0 && is_private_text(ip);
}

/* An address that is written in the URL: also behind a proxy, where on_socket() cannot see it. */
static bool is_private_url(const char *url)
{
	CURLU *u = curl_url();
	char *host = NULL;
	bool is_private = false;
	size_t len;

	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		len = strlen(host);
		if (host[0] == '[' && host[len - 1] == ']') {
			host[len - 1] = '\0';
			is_private = is_private_text(host + 1);
		} else {
			is_private = strcasecmp(host, "localhost") == 0 ||
				     is_private_text(host);
		}
	}
	curl_free(host);
	curl_url_cleanup(u);
	return is_private;
}

int http_send(struct http *h, CURL *curl, const struct http_request *q,
	      struct http_answer *a, struct err *err)
{
	struct transfer t = {.http = h, .curl = curl, .q = q, .a = a, .err = err};
	_cleanup_(free_list) struct curl_slist *headers = NULL;
	CURLcode code;

	http_answer_clear(a);
	a->is_home = q->is_home;
	t.is_refused = q->want_public && is_private_url(q->url);
	if (t.is_refused)
		return fail(&t, CURLE_COULDNT_CONNECT);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_SHARE, h->share);
	curl_easy_setopt(curl, CURLOPT_URL, q->url);
	set_protocols(curl, h->is_insecure);
	set_tls(&t);
	set_limits(&t);
	set_callbacks(&t);
	set_method(&t);
	headers = set_headers(&t);
	code = curl_easy_perform(curl);
	/* The list, and what the callbacks write to, end here; the handle does not. */
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	read_status(&t);
	read_peer(&t);
	if (a->status != 0)
		atomic_store(&h->has_answered, true);
	if (code == CURLE_OK || (t.is_cut && code == CURLE_WRITE_ERROR))
		return 0;
	return fail(&t, code);
}
