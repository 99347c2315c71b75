// SPDX-License-Identifier: Apache-2.0
/*
 * http_url.c - URLs and addresses that a server sends somebody to, see http.h
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http.h"

static void free_url(CURLU **u)
{
	curl_url_cleanup(*u);
}
#define _cleanup_url_ _cleanup_(free_url)

static void free_part(char **part)
{
	curl_free(*part);
}
#define _cleanup_part_ _cleanup_(free_part)

const char *http_url_text(const char *url, struct arena *a)
{
	size_t len = strcspn(url, "?#");
	char *text = arena_alloc(a, 4 * len + 1);

	text_escape(text, 4 * len + 1, arena_strndup(a, url, len));
	return text;
}

static int check_url(const struct http *h, CURLU *u, struct arena *a, const char **ret)
{
	_cleanup_part_ char *scheme = NULL, *whole = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return -EPROTO;
	if (strcmp(scheme, "https") != 0 &&
	    (strcmp(scheme, "http") != 0 || !http_is_insecure(h)))
		return -EPERM;
	/* What follows "#" is for browsers. */
	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	if (curl_url_get(u, CURLUPART_URL, &whole, 0) != CURLUE_OK)
		return -EPROTO;
	*ret = arena_strdup(a, whole);
	return 0;
}

int http_resolve(const struct http *h, const char *base, const char *text,
		 struct arena *a, const char **ret, struct err *err)
{
	_cleanup_url_ CURLU *u = curl_url();
	CURLUcode code = CURLUE_OK;
	int r = -EPROTO;

	if (!u)
		return err_set(err, -ENOMEM, "URL");
	if (strlen(text) > HTTP_MAX_URL)
		return err_say(err, -EPROTO, "a URL of more than %u bytes", HTTP_MAX_URL);
	if (base)
		code = curl_url_set(u, CURLUPART_URL, base, 0);
	if (code == CURLUE_OK)
		code = curl_url_set(u, CURLUPART_URL, text, CURLU_DISALLOW_USER);
	if (code == CURLUE_OK)
		r = check_url(h, u, a, ret);
	if (r == 0)
		return 0;
	if (code == CURLUE_USER_NOT_ALLOWED)
		/* It is not shown: it has a password in it. */
		return err_say(err, -EPROTO,
			       "a URL with a user name in it: nothing is sent there");
	if (r == -EPERM)
		return err_say(err, -EPROTO, "URL '%s': it is no HTTPS",
			       http_url_text(text, a));
	return err_say(err, -EPROTO, "URL '%s': it is damaged", http_url_text(text, a));
}

static bool is_same_part(CURLU *u, CURLU *v, CURLUPart part)
{
	_cleanup_part_ char *a = NULL, *b = NULL;

	return curl_url_get(u, part, &a, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       curl_url_get(v, part, &b, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       strcasecmp(a, b) == 0;
}

bool http_is_same_origin(const char *url, const char *other)
{
	_cleanup_url_ CURLU *u = curl_url();
	_cleanup_url_ CURLU *v = curl_url();

	return u && v && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	       curl_url_set(v, CURLUPART_URL, other, 0) == CURLUE_OK &&
	       is_same_part(u, v, CURLUPART_SCHEME) &&
	       is_same_part(u, v, CURLUPART_HOST) && is_same_part(u, v, CURLUPART_PORT);
}

/* --- addresses --- */

struct range {
	uint8_t prefix[16];
	uint8_t bits;
};

/* Source: the special-purpose registries of RFC 6890; multicast; 6to4 and NAT64 are looked into
 * by is_private_6(). */
static const struct range ranges_4[] = {
	{{0}, 8},	  {{10}, 8},	   {{100, 64}, 10},   {{127}, 8},
	{{169, 254}, 16}, {{172, 16}, 12}, {{192, 0, 0}, 24}, {{192, 168}, 16},
	{{198, 18}, 15},  {{224}, 3},
};
static const struct range ranges_6[] = {
	{{0}, 127},	    /* none, and this host */
	{{0x01, 0x00}, 64}, /* discard */
	{{0xfc}, 7},	    /* unique local */
	{{0xfe, 0x80}, 10}, /* link-local */
	{{0xfe, 0xc0}, 10}, /* site-local */
	{{0xff}, 8},	    /* multicast */
};

static bool is_in(const struct range *r, const uint8_t *address)
{
	size_t whole = r->bits / 8, rest = r->bits % 8;

	if (memcmp(r->prefix, address, whole) != 0)
		return false;
	return rest == 0 || (r->prefix[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool is_in_any(const struct range *r, size_t n, const uint8_t *address)
{
	for (size_t i = 0; i < n; i++)
		if (is_in(&r[i], address))
			return true;
	return false;
}

static bool is_private_4(const uint8_t *address)
{
	return is_in_any(ranges_4, ARRAY_SIZE(ranges_4), address);
}

static bool is_private_6(const uint8_t *address)
{
	/* where an address of IPv4 is inside */
	static const struct {
		struct range range;
		size_t offset;
	} wraps[] = {
		{{{[10] = 0xff, 0xff}, 96}, 12},      /* mapped */
		{{{0x00, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
		{{{0x20, 0x02}, 16}, 2},	      /* 6to4 */
		{{{0}, 96}, 12},		      /* compatible, of old */
	};

	if (is_in_any(ranges_6, ARRAY_SIZE(ranges_6), address))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(wraps); i++)
		if (is_in(&wraps[i].range, address))
			return is_private_4(address + wraps[i].offset);
	return false;
}

bool http_is_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return is_private_4((const uint8_t *)&in.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, address, sizeof(in));
		return is_private_6(in.sin6_addr.s6_addr);
	}
	return true;
}
