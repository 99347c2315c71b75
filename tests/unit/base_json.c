// SPDX-License-Identifier: Apache-2.0
/*
 * base_json.c - tests of JSON that comes in, and of JSON that is written
 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static int parse(const char *text, struct json **ret, struct err *err)
{
	return json_parse(text, strlen(text), ret, err);
}

/* A document that must be good. Freed by the caller. */
static struct json *must_parse(const char *text)
{
	struct json *doc = NULL;
	struct err err = {0};

	check_context("%s", text);
	CHECK_INT(parse(text, &doc, &err), 0);
	CHECK(doc != NULL);
	CHECK_INT(err.code, 0);
	return doc;
}

static void test_good_documents(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" \t\r\n{ } \n",
		"[1, -2, 3.5, 1e3, true, false, null, \"x\", {}, []]",
		"{\"a\": {\"b\": [{\"c\": 1}]}}",
		"[9223372036854775807, -9223372036854775808]",
		"[\"\\u00e4\\ud83d\\ude00\\n\\\"\\\\\\/\"]",
		"[\"\xc3\xa4\xf0\x9f\x98\x80\"]",
		"{\"\": 1}",
		"[\"[[[[{{{{\", \"\\\"[[\"]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_free(must_parse(texts[i]));
}

static void test_bad_documents(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"}",
		"[1",
		"[1,]",
		"{\"a\":1,}",
		"{a:1}",
		"{'a':1}",
		"{\"a\" 1}",
		"{1:1}",
		"[01]",
		"[+1]",
		"[.5]",
		"[1.]",
		"[0x1]",
		"[NaN]",
		"[Infinity]",
		"[nul]",
		"[True]",
		"[1] [2]",
		"{}x",
		"{} // comment",
		"/* */ {}",
		"1",
		"\"text\"",
		"null",
		"true",
		/* numbers that nobody can hold */
		"[9223372036854775808]",
		"[-9223372036854775809]",
		"[1e999]",
		/* strings */
		"[\"a\nb\"]",
		"[\"a\tb\"]",
		"[\"\x01\"]",
		"[\"\\x41\"]",
		"[\"\\u12\"]",
		"[\"abc]",
		/* NUL */
		"[\"\\u0000\"]",
		"{\"\\u0000\": 1}",
		"{\"a\\u0000b\": 1}",
		/* lone surrogates */
		"[\"\\ud800\"]",
		"[\"\\udc00\"]",
		"[\"\\ud800\\ud800\"]",
		/* what is no UTF-8 */
		"[\"\xff\"]",
		"[\"\xc3\"]",
		"[\"\xc0\x80\"]",
		"[\"\xc1\xbf\"]",
		"[\"\xe0\x80\x80\"]",
		"[\"\xe0\x9f\xbf\"]",
		"[\"\xed\xa0\x80\"]",
		"[\"\xf0\x80\x80\x80\"]",
		"[\"\xf4\x90\x80\x80\"]",
		"[\"\xf5\x80\x80\x80\"]",
		"[\"\x80\"]",
		"{\"\xff\": 1}",
		"\xef\xbb\xbf{}",
		"{}\xff",
		/* the same key twice, also where it is spelled in another way */
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"b\":2,\"a\":3}",
		"{\"a\":1,\"\\u0061\":2}",
		"[{\"x\":{\"a\":null,\"a\":null}}]",
		"{\"\":1,\"\":2}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct json *doc = (struct json *)state;
		struct err err = {0};

		check_context("%s", texts[i]);
		CHECK_INT(parse(texts[i], &doc, &err), -EBADMSG);
		CHECK(doc == (struct json *)state); /* untouched */
		CHECK_INT(err.code, -EBADMSG);
		CHECK(strncmp(err.message, "JSON line ", 10) == 0);
		CHECK(strpbrk(err.message, "\n\x1b\xff") == NULL);
	}
	CHECK_INT(parse("{", &(struct json *){NULL}, NULL), -EBADMSG);
}

static void test_nul_bytes(void **state)
{
	static const char in_string[] = "[\"a\0b\"]", behind[] = "{}\0",
			  before[] = "\0{}", between[] = "[1,\0 2]";
	struct json *doc = NULL;

	CHECK_INT(json_parse(in_string, sizeof(in_string) - 1, &doc, NULL), -EBADMSG);
	CHECK_INT(json_parse(behind, sizeof(behind) - 1, &doc, NULL), -EBADMSG);
	CHECK_INT(json_parse(before, sizeof(before) - 1, &doc, NULL), -EBADMSG);
	CHECK_INT(json_parse(between, sizeof(between) - 1, &doc, NULL), -EBADMSG);
	CHECK(doc == NULL);
}

/* Not a byte past @len is looked at. */
static void test_not_terminated(void **state)
{
	char buf[] = {'{', '}', 'x', 'x'};
	struct json *doc = NULL;

	CHECK_INT(json_parse(buf, 2, &doc, NULL), 0);
	json_free(doc);
	doc = NULL;
	CHECK_INT(json_parse(buf, 1, &doc, NULL), -EBADMSG);
	CHECK_INT(json_parse(buf, 0, &doc, NULL), -EBADMSG);
	CHECK_INT(json_parse(buf, 3, &doc, NULL), -EBADMSG);
	CHECK(doc == NULL);
}

static void test_message_of_bad_document(void **state)
{
	struct json *doc = NULL;
	struct err err = {0};

	CHECK_INT(parse("{\n  \"a\": 1,\n  \"a\": 2\n}", &doc, &err), -EBADMSG);
	CHECK(strncmp(err.message, "JSON line 3, column ", 20) == 0);
	CHECK(strstr(err.message, "duplicate") != NULL);
	/* What the message quotes from the text is escaped. */
	CHECK_INT(parse("[\x1b[31m]", &doc, &err), -EBADMSG);
	CHECK(strchr(err.message, '\x1b') == NULL);
}

static void test_size_limit(void **state)
{
	_cleanup_free_ char *text = malloc(JSON_MAX_BYTES + 1);
	struct json *doc = NULL;
	struct err err = {0};

	CHECK(text != NULL);
	memset(text, ' ', JSON_MAX_BYTES + 1);
	text[0] = '{';
	text[JSON_MAX_BYTES - 1] = '}';
	CHECK_INT(JSON_MAX_BYTES, 4194304);
	CHECK_INT(json_parse(text, JSON_MAX_BYTES, &doc, &err), 0);
	json_free(doc);
	doc = NULL;
	CHECK_INT(json_parse(text, JSON_MAX_BYTES + 1, &doc, &err), -EFBIG);
	CHECK(doc == NULL);
	CHECK_STR(err.message, "JSON of 4194305 bytes: at most 4194304");
	/* The size is judged before the text. */
	CHECK_INT(json_parse(NULL, SIZE_MAX, &doc, NULL), -EFBIG);
}

/* @n levels, of objects or of arrays, and closed or not. */
static int parse_nested(size_t n, bool is_object, bool is_closed, struct err *err)
{
	static char text[1 << 20];
	struct json *doc = NULL;
	size_t len = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		const char *open = !is_object ? "[" : i + 1 < n ? "{\"a\":" : "{";

		memcpy(text + len, open, strlen(open));
		len += strlen(open);
	}
	for (size_t i = 0; is_closed && i < n; i++)
		text[len++] = is_object ? '}' : ']';
	r = json_parse(text, len, &doc, err);
	if (r == 0)
		json_free(doc);
	return r;
}

static void test_depth_limit(void **state)
{
	struct err err = {0};
	_cleanup_arena_ struct arena a = {0};
	struct json *doc = NULL;
	char brackets[200] = "";
	const char *text;

	for (int is_object = 0; is_object < 2; is_object++) {
		CHECK_INT(parse_nested(1, is_object, true, NULL), 0);
		CHECK_INT(parse_nested(63, is_object, true, NULL), 0);
		CHECK_INT(parse_nested(64, is_object, true, NULL), 0);
		CHECK_INT(parse_nested(65, is_object, true, &err), -ELOOP);
		CHECK_STR(err.message, "JSON nests deeper than 64");
		CHECK_INT(parse_nested(65, is_object, false, NULL), -ELOOP);
		CHECK_INT(parse_nested(100000, is_object, false, NULL), -ELOOP);
	}
	/* Wide is not deep, and brackets in strings are none. */
	text = "[[]]";
	for (int i = 0; i < 100; i++)
		text = arena_printf(&a, "[[],%s", text + 1);
	json_free(must_parse(text));
	memset(brackets, '[', sizeof(brackets) - 1);
	json_free(must_parse(arena_printf(&a, "[\"\\\\\\\"%s\"]", brackets)));
	/* A string that ends in a backslash does not hide what follows it. */
	text = arena_printf(&a, "[\"\\\\\",%s", brackets);
	CHECK_INT(parse(text, &doc, NULL), -ELOOP);
}

static void test_kinds(void **state)
{
	_cleanup_json_ struct json *doc = must_parse(
		"{\"o\":{},\"a\":[],\"s\":\"x\",\"i\":1,\"r\":1.0,\"t\":true,\"f\":false,"
		"\"n\":null}");
	static const struct {
		const char *key;
		enum json_kind kind;
	} cases[] = {
		{"o", JSON_KIND_OBJECT}, {"a", JSON_KIND_ARRAY},
		{"s", JSON_KIND_STRING}, {"i", JSON_KIND_INTEGER},
		{"r", JSON_KIND_REAL},	 {"t", JSON_KIND_BOOL},
		{"f", JSON_KIND_BOOL},	 {"n", JSON_KIND_ABSENT},
		{"x", JSON_KIND_ABSENT},
	};
	struct json_at root = json_root(doc), at;

	CHECK_INT(json_kind(&root), JSON_KIND_OBJECT);
	CHECK(json_is_present(&root));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].key);
		at = json_key(&root, cases[i].key);
		CHECK_INT(json_kind(&at), cases[i].kind);
		CHECK_INT(json_is_present(&at), cases[i].kind != JSON_KIND_ABSENT);
	}
	/* Keys and places of what has none. */
	at = json_key(&root, "s");
	at = json_key(&at, "x");
	CHECK(!json_is_present(&at));
	at = json_index(&root, 0);
	CHECK(!json_is_present(&at));
	at = json_key(&root, "x");
	CHECK_INT(json_count(&at), 0);
	at = json_key(&at, "y");
	CHECK(!json_is_present(&at));
	at = json_index(&at, 3);
	CHECK(!json_is_present(&at));
}

static void test_count_and_members(void **state)
{
	_cleanup_json_ struct json *doc = must_parse(
		"{\"z\":1,\"a\":[1,null,3],\"m\":null,\"b\":{\"x\":0,\"y\":0}}");
	static const char *const keys[] = {"z", "a", "m", "b"};
	struct json_at root = json_root(doc), at;
	int64_t v = 0;

	CHECK_INT(json_count(&root), 4);
	for (size_t i = 0; i < 4; i++) {
		CHECK_STR(json_member(&root, i, &at), keys[i]);
		CHECK(at.up == &root);
		CHECK_INT(json_is_present(&at), i != 2);
	}
	CHECK_STR(json_member(&root, 4, &at), NULL);
	CHECK_STR(json_member(&root, SIZE_MAX, &at), NULL);
	at = json_key(&root, "a");
	CHECK_INT(json_count(&at), 3);
	CHECK_STR(json_member(&at, 0, &(struct json_at){0}), NULL);
	for (size_t i = 0; i < 4; i++) {
		struct json_at item = json_index(&at, i);

		CHECK_INT(json_is_present(&item), i == 0 || i == 2);
	}
	at = json_index(&at, 2);
	CHECK_INT(json_read_i64(&at, 0, 9, &v, NULL), 0);
	CHECK_INT(v, 3);
	at = json_key(&root, "z");
	CHECK_INT(json_count(&at), 0);
	at = json_key(&root, "b");
	CHECK_INT(json_count(&at), 2);
}

static void test_read_str(void **state)
{
	struct json *doc =
		must_parse("{\"s\":\"t\\u00e4xt\",\"e\":\"\",\"n\":null,\"i\":1}");
	_cleanup_arena_ struct arena a = {0};
	struct json_at root = json_root(doc), at;
	const char *s = "old";
	struct err err = {0};

	at = json_key(&root, "i");
	CHECK_INT(json_read_str(&at, &a, &s, &err), -EINVAL);
	CHECK_STR(err.message, "i: expected a string, got an integer");
	CHECK_INT(err.code, -EINVAL);
	at = json_key(&root, "n");
	CHECK_INT(json_read_str(&at, &a, &s, NULL), 0);
	at = json_key(&root, "none");
	CHECK_INT(json_read_str(&at, &a, &s, NULL), 0);
	CHECK_STR(s, "old");
	at = json_key(&root, "e");
	CHECK_INT(json_read_str(&at, &a, &s, NULL), 0);
	CHECK_STR(s, "");
	at = json_key(&root, "s");
	CHECK_INT(json_read_str(&at, &a, &s, NULL), 0);
	/* a copy: outlives the document */
	json_free(doc);
	CHECK_STR(s, "t\xc3\xa4xt");
}

static void test_read_bool(void **state)
{
	_cleanup_json_ struct json *doc =
		must_parse("{\"t\":true,\"f\":false,\"n\":null,\"s\":\"true\",\"i\":1}");
	struct json_at root = json_root(doc), at;
	struct err err = {0};
	bool v = false;

	at = json_key(&root, "t");
	CHECK_INT(json_read_bool(&at, &v, NULL), 0);
	CHECK(v);
	at = json_key(&root, "n");
	CHECK_INT(json_read_bool(&at, &v, NULL), 0);
	CHECK(v);
	at = json_key(&root, "s");
	CHECK_INT(json_read_bool(&at, &v, &err), -EINVAL);
	CHECK_STR(err.message, "s: expected true or false, got a string");
	at = json_key(&root, "i");
	CHECK_INT(json_read_bool(&at, &v, &err), -EINVAL);
	CHECK(v);
	at = json_key(&root, "f");
	CHECK_INT(json_read_bool(&at, &v, NULL), 0);
	CHECK(!v);
}

static void test_read_integers(void **state)
{
	_cleanup_json_ struct json *doc =
		must_parse("{\"max\":9223372036854775807,\"min\":-9223372036854775808,"
			   "\"u\":4294967295,"
			   "\"v\":4294967296,\"neg\":-1,\"real\":1.0,\"exp\":1e2,\"s\":"
			   "\"1\",\"z\":0}");
	struct json_at root = json_root(doc), at;
	struct err err = {0};
	uint32_t u = 42;
	int64_t v = 42;

	at = json_key(&root, "none");
	CHECK_INT(json_read_i64(&at, 0, 0, &v, NULL), 0);
	CHECK_INT(json_read_u32(&at, 0, &u, NULL), 0);
	at = json_key(&root, "real");
	CHECK_INT(json_read_i64(&at, 0, 9, &v, &err), -EINVAL);
	CHECK_STR(err.message, "real: expected an integer, got a number with a fraction");
	at = json_key(&root, "exp");
	CHECK_INT(json_read_i64(&at, 0, 999, &v, &err), -EINVAL);
	at = json_key(&root, "s");
	CHECK_INT(json_read_u32(&at, 9, &u, &err), -EINVAL);
	CHECK_STR(err.message, "s: expected an integer, got a string");
	at = json_key(&root, "neg");
	CHECK_INT(json_read_u32(&at, UINT32_MAX, &u, &err), -EINVAL);
	CHECK_STR(err.message, "neg: -1 is not between 0 and 4294967295");
	CHECK_INT(json_read_i64(&at, 0, INT64_MAX, &v, NULL), -EINVAL);
	at = json_key(&root, "v");
	CHECK_INT(json_read_u32(&at, UINT32_MAX, &u, NULL), -EINVAL);
	at = json_key(&root, "max");
	CHECK_INT(json_read_u32(&at, UINT32_MAX, &u, NULL), -EINVAL);
	CHECK_INT(json_read_i64(&at, 0, INT64_MAX - 1, &v, NULL), -EINVAL);
	CHECK_INT(v, 42);
	CHECK_INT(u, 42);
	CHECK_INT(json_read_i64(&at, INT64_MAX, INT64_MAX, &v, NULL), 0);
	CHECK_INT(v, INT64_MAX);
	at = json_key(&root, "min");
	CHECK_INT(json_read_i64(&at, INT64_MIN, INT64_MAX, &v, NULL), 0);
	CHECK_INT(v, INT64_MIN);
	at = json_key(&root, "u");
	CHECK_INT(json_read_u32(&at, UINT32_MAX, &u, NULL), 0);
	CHECK_INT(u, UINT32_MAX);
	CHECK_INT(json_read_u32(&at, UINT32_MAX - 1, &u, NULL), -EINVAL);
	at = json_key(&root, "z");
	CHECK_INT(json_read_u32(&at, 0, &u, NULL), 0);
	CHECK_INT(u, 0);
}

static void test_read_strv(void **state)
{
	_cleanup_json_ struct json *doc = must_parse(
		"{\"l\":[\"a\",\"\",\"c\"],\"e\":[],\"s\":\"a\",\"m\":[\"a\",1],"
		"\"n\":[\"a\",null],\"o\":{\"deep\":[[],{\"k\":[true]}]}}");
	_cleanup_arena_ struct arena a = {0};
	struct json_at root = json_root(doc), at;
	struct strv v = {0};
	struct err err = {0};

	at = json_key(&root, "none");
	CHECK_INT(json_read_strv(&at, &a, &v, NULL), 0);
	at = json_key(&root, "e");
	CHECK_INT(json_read_strv(&at, &a, &v, NULL), 0);
	CHECK_INT(v.n, 0);
	at = json_key(&root, "l");
	CHECK_INT(json_read_strv(&at, &a, &v, NULL), 0);
	CHECK_INT(v.n, 3);
	CHECK_STR(v.v[0], "a");
	CHECK_STR(v.v[1], "");
	CHECK_STR(v.v[2], "c");
	CHECK_STR(v.v[3], NULL);
	at = json_key(&root, "s");
	CHECK_INT(json_read_strv(&at, &a, &v, &err), -EINVAL);
	CHECK_STR(err.message, "s: expected an array, got a string");
	at = json_key(&root, "m");
	CHECK_INT(json_read_strv(&at, &a, &v, &err), -EINVAL);
	CHECK_STR(err.message, "m[1]: expected a string, got an integer");
	at = json_key(&root, "n");
	CHECK_INT(json_read_strv(&at, &a, &v, &err), -EINVAL);
	CHECK_STR(err.message, "n[1]: expected a string, got null");
}

static void test_paths(void **state)
{
	_cleanup_json_ struct json *doc = must_parse(
		"{\"process\":{\"user\":{\"uid\":\"x\"},\"args\":[[{\"k\":1}]]}}");
	_cleanup_json_ struct json *list = must_parse("[1,{\"a\\u001b\":2}]");
	struct json_at root = json_root(doc), process, user, args, at, item, inner;
	struct err err = {0};
	uint32_t v = 0;

	process = json_key(&root, "process");
	user = json_key(&process, "user");
	at = json_key(&user, "uid");
	CHECK_INT(json_read_u32(&at, 9, &v, &err), -EINVAL);
	CHECK_STR(err.message, "process.user.uid: expected an integer, got a string");
	args = json_key(&process, "args");
	item = json_index(&args, 0);
	inner = json_index(&item, 0);
	CHECK_INT(json_expect(&inner, JSON_KIND_STRING, &err), -EINVAL);
	CHECK_STR(err.message, "process.args[0][0]: expected a string, got an object");
	at = json_key(&inner, "k");
	CHECK_INT(json_invalid(&at, &err, "no %s", "good"), -EINVAL);
	CHECK_STR(err.message, "process.args[0][0].k: no good");
	CHECK_INT(json_expect(&root, JSON_KIND_ARRAY, &err), -EINVAL);
	CHECK_STR(err.message, "document: expected an array, got an object");
	CHECK_INT(json_expect(&root, JSON_KIND_OBJECT, &err), 0);
	/* an absent value is of any kind */
	at = json_key(&root, "none");
	CHECK_INT(json_expect(&at, JSON_KIND_ARRAY, &err), 0);
	/* a document that is an array; a key that is no text for a terminal */
	root = json_root(list);
	at = json_index(&root, 1);
	CHECK_INT(json_expect(&at, JSON_KIND_BOOL, &err), -EINVAL);
	CHECK_STR(err.message, "[1]: expected true or false, got an object");
	item = json_key(&at, "a\x1b");
	CHECK_INT(json_expect(&item, JSON_KIND_BOOL, &err), -EINVAL);
	CHECK_STR(err.message, "[1].a\\x1b: expected true or false, got an integer");
	CHECK_INT(json_invalid(&at, NULL, "x"), -EINVAL);
}

/* A path of any length is cut, not overrun. */
static void test_long_path(void **state)
{
	char key[200];
	struct json_at at[64];
	struct err err = {0};

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	at[0] = json_root(NULL);
	for (size_t i = 1; i < ARRAY_SIZE(at); i++)
		at[i] = i % 2 ? json_key(&at[i - 1], key) : json_index(&at[i - 1], i);
	CHECK_INT(json_invalid(&at[63], &err, "bad"), -EINVAL);
	CHECK(strncmp(err.message, "kkkkkkkk", 8) == 0);
	CHECK(strlen(err.message) > 400 && strlen(err.message) < 1000);
	CHECK_STR(strstr(err.message, ": "), ": bad");
}

static void test_write(void **state)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_arena_ struct arena a = {0};
	_cleanup_free_ char *compact = NULL, *pretty = NULL;
	struct strv v = {0};
	struct json *list, *obj;

	strv_push(&a, &v, "x");
	strv_push(&a, &v, "y z");
	json_put_str(doc, "z", "last letter first");
	json_put_str(doc, "no", NULL);
	json_put_int(doc, "int", INT64_MIN);
	json_put_bool(doc, "yes", true);
	json_put_bool(doc, "not", false);
	json_put_strv(doc, "list", &v);
	json_put_strv(doc, "empty", &(struct strv){0});
	obj = json_put_object(doc, "obj");
	json_put_str(obj, "q", "\"\\\n\t\xc3\xa4/");
	list = json_put_array(doc, "mixed");
	json_add_int(list, -1);
	json_add_str(list, "s");
	json_put_int(json_add_object(list), "in", 1);
	compact = json_text(doc, false);
	CHECK_STR(compact, "{\"z\":\"last letter "
			   "first\",\"int\":-9223372036854775808,\"yes\":true,"
			   "\"not\":false,\"list\":[\"x\",\"y z\"],\"empty\":[],"
			   "\"obj\":{\"q\":\"\\\"\\\\\\n\\t\xc3\xa4/\"},"
			   "\"mixed\":[-1,\"s\",{\"in\":1}]}");
	json_free(doc);
	doc = json_new_array();
	json_put_int(json_add_object(doc), "a", 1);
	pretty = json_text(doc, true);
	CHECK_STR(pretty, "[\n  {\n    \"a\": 1\n  }\n]\n");
}

static void test_write_key_again(void **state)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;

	json_put_int(doc, "a", 1);
	json_put_int(doc, "b", 2);
	json_put_int(doc, "a", 3);
	text = json_text(doc, false);
	CHECK_STR(text, "{\"a\":3,\"b\":2}");
}

/* Paths and annotations hold any byte; what is written can be read again. */
static void test_write_no_utf8(void **state)
{
	_cleanup_json_ struct json *doc = json_new_object(), *list = json_new_array();
	_cleanup_json_ struct json *again = NULL;
	_cleanup_free_ char *text = NULL;

	json_put_str(doc, "path", "/a\xff\xc3\xa4\n");
	text = json_text(doc, false);
	CHECK_STR(text, "{\"path\":\"/a\\\\xff\xc3\xa4\\\\x0a\"}");
	CHECK_INT(parse(text, &again, NULL), 0);
	json_add_str(list, "\x80");
	free(text);
	text = json_text(list, false);
	CHECK_STR(text, "[\"\\\\x80\"]");
}

/* A key that is no UTF-8 comes from the command line, as an annotation: not lost. */
static void test_write_key_no_utf8(void **state)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;

	json_put_str(doc, "k\xff", "v");
	text = json_text(doc, false);
	CHECK_STR(text, "{\"k\\\\xff\":\"v\"}");
}

/* Without a key, values become the elements of an array. */
static void test_write_elements(void **state)
{
	_cleanup_json_ struct json *list = json_new_array();
	_cleanup_free_ char *text = NULL;

	json_put_int(json_put_object(list, NULL), "a", 1);
	json_put_int(json_put_array(list, NULL), NULL, 2);
	json_put_str(list, NULL, "s");
	json_put_bool(list, NULL, true);
	CHECK(json_put_real(list, NULL, 0.5));
	CHECK(!json_put_real(list, NULL, (double)INFINITY));
	CHECK(!json_put_real(list, NULL, (double)NAN));
	text = json_text(list, false);
	CHECK_STR(text, "[{\"a\":1},[2],\"s\",true,0.5]");
}

/* Seventeen digits are more than anybody has measured. */
static void test_write_measured(void **state)
{
	_cleanup_json_ struct json *list = json_new_array();
	_cleanup_free_ char *text = NULL;

	CHECK(json_put_real(list, NULL, 5.43));
	CHECK(json_put_real(list, NULL, 0.1 + 0.2));
	json_put_int(list, NULL, INT64_MAX);
	text = json_text_measured(list);
	CHECK_STR(text, "[\n  5.43,\n  0.3,\n  9223372036854775807\n]\n");
}

static void test_change(void **state)
{
	_cleanup_json_ struct json *doc = must_parse("{\"a\":{\"b\":1},\"c\":2}");
	_cleanup_free_ char *text = NULL;

	CHECK(json_get(doc, "x") == NULL);
	json_put_int(json_get(doc, "a"), "d", 3);
	CHECK(json_remove(doc, "c"));
	CHECK(!json_remove(doc, "c"));
	text = json_text(doc, false);
	CHECK_STR(text, "{\"a\":{\"b\":1,\"d\":3}}");
}

/* What is printed moves no cursor, and is the same document. */
static void test_pretty_controls(void **state)
{
	static const char value[] = "a\x1b\x7f\xc2\x80\xc2\x9b\xc2\xa0\xe2\x82\xac";
	_cleanup_json_ struct json *doc = json_new_object(), *again = NULL;
	_cleanup_free_ char *pretty = NULL, *compact = NULL, *same = NULL;

	json_put_str(doc, "k\xc2\x9b", value);
	pretty = json_text(doc, true);
	CHECK_STR(pretty, "{\n  \"k\\u009B\": "
			  "\"a\\u001B\\u007F\\u0080\\u009B\xc2\xa0\xe2\x82\xac\"\n}\n");
	again = must_parse(pretty);
	compact = json_text(doc, false);
	same = json_text(again, false);
	CHECK_STR(same, compact);
}

static void test_removed_items(void **state)
{
	_cleanup_json_ struct json *doc = json_new_array();
	_cleanup_free_ char *text = NULL;

	for (int i = 0; i < 4; i++)
		json_add_int(doc, i);
	CHECK(json_remove_at(doc, 3));
	CHECK(json_remove_at(doc, 1));
	CHECK(!json_remove_at(doc, 2));
	text = json_text(doc, false);
	CHECK_STR(text, "[0,2]");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_good_documents),
		TEST(test_bad_documents),
		TEST(test_nul_bytes),
		TEST(test_not_terminated),
		TEST(test_message_of_bad_document),
		TEST(test_size_limit),
		TEST(test_depth_limit),
		TEST(test_kinds),
		TEST(test_count_and_members),
		TEST(test_read_str),
		TEST(test_read_bool),
		TEST(test_read_integers),
		TEST(test_read_strv),
		TEST(test_paths),
		TEST(test_long_path),
		TEST(test_write),
		TEST(test_write_key_again),
		TEST(test_write_no_utf8),
		TEST(test_write_key_no_utf8),
		TEST(test_write_elements),
		TEST(test_write_measured),
		TEST(test_change),
		TEST(test_removed_items),
		TEST(test_pretty_controls),
	};

	return UNIT_RUN(tests);
}
