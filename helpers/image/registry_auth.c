// SPDX-License-Identifier: Apache-2.0
/*
 * registry_auth.c - Basic, Bearer tokens and the service that gives them out
 *
 * Who gets credentials is in registry_private.h. Source: the distribution project's
 * specifications of token authentication and of OAuth2.
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/json.h"
#include "registry_private.h"

#define MAX_TOKENS	 8 /* kept at a time */
#define MAX_TOKEN_BYTES	 (32u << 10)
#define MAX_ANSWER_BYTES (1u << 20)
#define DEFAULT_LIFE_S	 60
#define MAX_LIFE_S	 (24u * 60 * 60)
#define MAX_SECRET_BYTES (64u << 10)

enum auth_kind { AUTH_UNKNOWN, AUTH_BASIC, AUTH_BEARER };

struct token {
	char *scope, *header; /* malloc'ed; "Bearer ..." */
	int64_t ends_ms;
};

struct registry_auth {
	pthread_mutex_t lock; /* over all of it, and over the request for a token */
	struct arena arena;
	bool has_looked;
	int looked; /* result of auth_find() */
	struct err look_error;
	struct auth user;
	enum auth_kind kind;
	const char *realm, *service; /* of AUTH_BEARER */
	bool is_private; /* the registry's address, when it sent the challenge */
	struct token tokens[MAX_TOKENS];
	size_t next; /* the oldest of them */
};

int registry_auth_new(struct registry *r, struct err *err)
{
	r->auth = calloc(1, sizeof(*r->auth));
	if (!r->auth)
		return err_set(err, -ENOMEM, "registry '%s'", r->host);
	pthread_mutex_init(&r->auth->lock, NULL);
	return 0;
}

static void drop_token(struct token *t)
{
	free(t->scope);
	free(t->header);
	*t = (struct token){0};
}

void registry_auth_free(struct registry_auth *auth)
{
	if (!auth)
		return;
	for (size_t i = 0; i < MAX_TOKENS; i++)
		drop_token(&auth->tokens[i]);
	arena_free(&auth->arena);
	pthread_mutex_destroy(&auth->lock);
	free(auth);
}

static void unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}
#define HOLD(auth)                                                        \
	_cleanup_(unlock) _unused_ pthread_mutex_t *held = &(auth)->lock; \
	pthread_mutex_lock(held)

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- challenges --- */

static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static const char *read_word(const char **at, struct arena *a)
{
	const char *start = *at;

	while (is_token_char(**at))
		(*at)++;
	return arena_strndup(a, start, (size_t)(*at - start));
}

static const char *read_quoted(const char **at, struct arena *a)
{
	char *text = arena_alloc(a, strlen(*at) + 1), *to = text;
	const char *c = *at + 1;

	for (; *c && *c != '"'; c++) {
		if (*c == '\\' && c[1])
			c++;
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return NULL;
		*to++ = *c;
	}
	if (*c != '"')
		return NULL;
	*at = c + 1;
	return text;
}

static const char *skip(const char *at, const char *chars)
{
	return at + strspn(at, chars);
}

/* NAME=VALUE of the challenge that was begun last. */
static int read_param(const char **at, const char *name, struct challenge *c,
		      struct arena *a)
{
	const char **to = strcasecmp(name, "realm") == 0     ? &c->realm
			  : strcasecmp(name, "service") == 0 ? &c->service
							     : NULL;
	const char *value;

	*at = skip(*at + 1, " \t");
	value = **at == '"' ? read_quoted(at, a) : read_word(at, a);
	if (!value || (to && *to))
		return -EBADMSG;
	if (to)
		*to = value;
	*at = skip(*at, " \t");
	return **at && **at != ',' ? -EBADMSG : 0;
}

int registry_challenges(const char *text, struct arena *a,
			struct challenge ret[CHALLENGES_MAX], size_t *ret_n)
{
	const char *at = text;
	size_t n = 0;

	while (*(at = skip(at, ", \t"))) {
		const char *word = read_word(&at, a);
		const char *next = skip(at, " \t");
		int r = 0;

		if (!*word)
			return -EBADMSG;
		if (*next == '=') {
			at = next;
			r = n == 0 ? -EBADMSG : read_param(&at, word, &ret[n - 1], a);
		} else if (n == CHALLENGES_MAX || (*at && next == at && *at != ',')) {
			r = -EBADMSG;
		} else {
			ret[n++] = (struct challenge){.scheme = word};
		}
		if (r < 0)
			return r;
	}
	*ret_n = n;
	return 0;
}

/* --- credentials --- */

/* Under the lock. */
static int look_up(struct registry *r, struct err *err)
{
	const struct source_options *o = &r->options;
	struct registry_auth *auth = r->auth;

	if (!auth->has_looked) {
		auth->has_looked = true;
		if (o->user)
			auth->user =
				(struct auth){.user = o->user,
					      .password = o->password ? o->password : "",
					      .found_in = "the command line"};
		else
			auth->looked =
				auth_find(o->authfile, r->host, r->repository,
					  &auth->arena, &auth->user, &auth->look_error);
	}
	if (auth->looked < 0 && err)
		*err = auth->look_error;
	return auth->looked;
}

int registry_auth_user(struct registry *r, struct auth *ret, struct err *err)
{
	int result;

	HOLD(r->auth);
	result = look_up(r, err);
	if (result == 0)
		*ret = r->auth->user;
	return result;
}

static int basic(const struct registry *r, struct arena *a, const char **ret,
		 struct err *err)
{
	const struct auth *u = &r->auth->user;
	size_t len = strlen(u->user) + 1 + strlen(u->password);
	char *plain, *header;

	if (len > MAX_SECRET_BYTES || strchr(u->user, ':'))
		return err_say(err, -EINVAL,
			       "credentials for '%s' of %s: a user name with a colon, or "
			       "too long",
			       r->host, u->found_in ? u->found_in : "somewhere");
	plain = arena_printf(a, "%s:%s", u->user, u->password);
	header = arena_alloc(a, sizeof("Basic ") + 4 * (len / 3 + 1));
	memcpy(header, "Basic ", sizeof("Basic ") - 1);
	EVP_EncodeBlock((unsigned char *)header + sizeof("Basic ") - 1,
			(const unsigned char *)plain, (int)len);
	*ret = header;
	return 0;
}

static int no_access(struct registry *r, const struct http_answer *answer,
		     struct err *err)
{
	const struct auth *u = &r->auth->user;
	char words[256];

	registry_words(answer, words, sizeof(words));
	if (u->user || u->identity_token)
		err_say(err, -EACCES, "registry '%s' refuses the credentials of %s%s%s",
			r->host, u->found_in ? u->found_in : "this request",
			words[0] ? ": " : "", words);
	else
		err_say(err, -EACCES, "registry '%s' wants credentials%s%s", r->host,
			words[0] ? ": " : "", words);
	return err_hint(err, -EACCES, "--creds USER:PASSWORD, or urun login %s", r->host);
}

/* --- tokens --- */

static const char *find_token(struct registry_auth *auth, const char *scope)
{
	for (size_t i = 0; i < MAX_TOKENS; i++) {
		struct token *t = &auth->tokens[i];

		if (!t->scope || strcmp(t->scope, scope) != 0)
			continue;
		if (now_ms() < t->ends_ms)
			return t->header;
		drop_token(t);
	}
	return NULL;
}

static void forget_token(struct registry_auth *auth, const char *header)
{
	for (size_t i = 0; i < MAX_TOKENS; i++)
		if (auth->tokens[i].header && strcmp(auth->tokens[i].header, header) == 0)
			drop_token(&auth->tokens[i]);
}

static const char *keep_token(struct registry_auth *auth, const char *scope,
			      const char *text, uint32_t life_s)
{
	struct token *t = &auth->tokens[auth->next++ % MAX_TOKENS];
	int64_t life_ms = (int64_t)life_s * 1000;

	drop_token(t);
	t->scope = strdup(scope);
	if (!t->scope || asprintf(&t->header, "Bearer %s", text) < 0) {
		t->header = NULL;
		drop_token(t);
		return NULL;
	}
	/* A request on its way when it ends would be too late. */
	t->ends_ms = now_ms() + life_ms - MIN(life_ms / 10, 10000);
	return t->header;
}

/* It goes into a header as it is: nothing may end the line (RFC 6750, b64token). */
static bool is_token(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= MAX_TOKEN_BYTES;
}

static int read_token(struct registry *r, const struct http_answer *answer,
		      const char *scope, const char **ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct json_at root, token, access, life;
	int64_t life_s = DEFAULT_LIFE_S;
	const char *text = NULL;
	int result =
		json_parse(answer->body ? answer->body : "", answer->body_len, &doc, err);

	if (result == 0) {
		root = json_root(doc);
		access = json_key(&root, "access_token");
		token = json_key(&root, "token");
		life = json_key(&root, "expires_in");
		result = json_read_str(&access, &a, &text, err);
	}
	if (result == 0 && !text)
		result = json_read_str(&token, &a, &text, err);
	if (result == 0)
		result = json_read_i64(&life, 0, INT64_MAX, &life_s, err);
	if (result == 0 && (!text || !is_token(text)))
		result = err_say(err, -EBADMSG, "it has no token that can be sent");
	if (result < 0) {
		err_prefix(err, "registry '%s': answer of the token service", r->host);
		return result;
	}
	life_s = life_s == 0 ? DEFAULT_LIFE_S : MIN(life_s, (int64_t)MAX_LIFE_S);
	*ret = keep_token(r->auth, scope, text, (uint32_t)life_s);
	return *ret ? 0 : err_set(err, -ENOMEM, "token of '%s'", r->host);
}

static const char *escape(CURL *curl, struct arena *a, const char *text)
{
	char *escaped = curl_easy_escape(curl, text, 0);
	const char *copy = arena_strdup(a, escaped ? escaped : "");

	curl_free(escaped);
	return copy;
}

/* @scope: several are told apart by a blank; each is a parameter of its own in a GET. */
static const char *get_url(const struct registry_auth *auth, CURL *curl,
			   const char *scope, struct arena *a)
{
	const char *url = arena_printf(a, "%s%s", auth->realm,
				       strchr(auth->realm, '?') ? "&" : "?");
	char *scopes = arena_strdup(a, scope), *rest = NULL;

	if (auth->user.user)
		url = arena_printf(a, "%saccount=%s&", url,
				   escape(curl, a, auth->user.user));
	for (char *s = strtok_r(scopes, " ", &rest); s; s = strtok_r(NULL, " ", &rest))
		url = arena_printf(a, "%sscope=%s&", url, escape(curl, a, s));
	return arena_printf(a, "%sservice=%s", url, escape(curl, a, auth->service));
}

static int ask_for_token(struct registry *r, CURL *curl, const char *scope,
			 struct http_answer *answer, struct err *err)
{
	const struct registry_auth *auth = r->auth;
	struct http_request q = {.fd = -EBADF,
				 .accept = "application/json",
				 .max_body = MAX_ANSWER_BYTES,
				 .want_public = !auth->is_private};
	_cleanup_arena_ struct arena a = {0};
	int result = 0;

	if (auth->user.identity_token) {
		q.method = "POST";
		q.url = auth->realm;
		q.content_type = "application/x-www-form-urlencoded";
		q.body =
			arena_printf(&a,
				     "grant_type=refresh_token&service=%s&client_id=urun&"
				     "access_type=offline&scope=%s&refresh_token=%s",
				     escape(curl, &a, auth->service),
				     escape(curl, &a, scope),
				     escape(curl, &a, auth->user.identity_token));
		q.body_bytes = strlen(q.body);
	} else {
		q.method = "GET";
		q.url = get_url(auth, curl, scope, &a);
		if (auth->user.user)
			result = basic(r, &a, &q.authorization, err);
	}
	for (uint32_t n = 0; result == 0; n++) {
		result = registry_follow(r, curl, &q, answer, err);
		if (!registry_may_pass(result, answer) || n >= r->retries)
			break;
		registry_wait(r, n, answer);
		result = 0;
	}
	return result;
}

/* Under the lock: other threads that want the same token wait for it. */
static int fetch_token(struct registry *r, CURL *curl, const char *scope,
		       const char **ret, struct err *err)
{
	_cleanup_answer_ struct http_answer answer = {0};
	char words[256];
	int result = look_up(r, err);

	if (result == 0)
		result = ask_for_token(r, curl, scope, &answer, err);
	if (result < 0)
		return result;
	if (answer.status == 200)
		return read_token(r, &answer, scope, ret, err);
	if (answer.status == 401 || answer.status == 403)
		return no_access(r, &answer, err);
	registry_words(&answer, words, sizeof(words));
	return err_say(err, answer.status >= 500 ? -EREMOTEIO : -EPROTO,
		       "registry '%s': its token service answers %ld%s%s", r->host,
		       answer.status, words[0] ? ": " : "", words);
}

/* --- what the requests use --- */

static int give(const char *header, struct arena *a, const char **ret)
{
	*ret = arena_strdup(a, header);
	return 0;
}

static int authorize(struct registry *r, CURL *curl, const char *scope, struct arena *a,
		     const char **ret, struct err *err)
{
	struct registry_auth *auth = r->auth;
	const char *header = NULL;
	int result = 0;

	*ret = NULL;
	if (auth->kind == AUTH_UNKNOWN)
		return 0;
	if (auth->kind == AUTH_BASIC)
		return basic(r, a, ret, err);
	header = find_token(auth, scope);
	if (!header)
		result = fetch_token(r, curl, scope, &header, err);
	return result < 0 ? result : give(header, a, ret);
}

int registry_auth_now(struct registry *r, CURL *curl, const char *scope, struct arena *a,
		      const char **ret, struct err *err)
{
	HOLD(r->auth);
	return authorize(r, curl, scope, a, ret, err);
}

static int take_bearer(struct registry *r, const struct challenge *c, bool is_private,
		       struct err *err)
{
	struct registry_auth *auth = r->auth;
	_cleanup_arena_ struct arena a = {0};
	const char *realm = NULL, *service = c->service ? c->service : "";
	int result = http_resolve(r->http, NULL, c->realm, &a, &realm, err);

	if (result < 0) {
		err_prefix(err, "registry '%s': its token service", r->host);
		return result;
	}
	/* It is the same each time, or else the memory would grow with each. */
	if (!auth->realm || strcmp(auth->realm, realm) != 0)
		auth->realm = arena_strdup(&auth->arena, realm);
	if (!auth->service || strcmp(auth->service, service) != 0)
		auth->service = arena_strdup(&auth->arena, service);
	auth->kind = AUTH_BEARER;
	auth->is_private = is_private;
	return 0;
}

/* The strongest of what is offered that is known here. */
static int choose(struct registry *r, const struct http_answer *answer, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct challenge list[CHALLENGES_MAX];
	bool has_basic = false;
	size_t n;
	int result;

	for (size_t i = 0; i < answer->n_challenges; i++) {
		if (registry_challenges(answer->challenges[i], &a, list, &n) < 0)
			continue;
		for (size_t k = 0; k < n; k++) {
			if (strcasecmp(list[k].scheme, "Bearer") == 0 && list[k].realm)
				return take_bearer(r, &list[k], answer->is_private, err);
			has_basic = has_basic || strcasecmp(list[k].scheme, "Basic") == 0;
		}
	}
	if (!has_basic)
		return err_say(err, -EACCES,
			       "registry '%s' wants credentials in a way that is neither "
			       "Basic nor Bearer",
			       r->host);
	result = look_up(r, err);
	if (result < 0)
		return result;
	if (!r->auth->user.user)
		return no_access(r, answer, err);
	r->auth->kind = AUTH_BASIC;
	return 0;
}

int registry_auth_answer(struct registry *r, CURL *curl, const char *scope,
			 const struct http_answer *answer, const char *sent,
			 struct arena *a, const char **ret, struct err *err)
{
	struct registry_auth *auth = r->auth;
	int result;

	HOLD(auth);
	if (sent && strncmp(sent, "Basic ", 6) == 0 && auth->kind == AUTH_BASIC)
		return no_access(r, answer, err);
	if (sent)
		forget_token(auth, sent);
	result = choose(r, answer, err);
	/* Another thread may have the new one already. */
	return result < 0 ? result : authorize(r, curl, scope, a, ret, err);
}
