// SPDX-License-Identifier: Apache-2.0
/*
 * image_toml.c - tests of TOML: what it becomes, and what is refused at which line
 */
#include "toml.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

/* The document as JSON, freed by the caller; NULL with @err filled. */
static char *convert(const char *text, size_t len, struct err *err)
{
	/* A copy that ends where the text does: a sanitizer sees one byte further. */
	char *exact = malloc(len ? len : 1), *json;
	struct json *doc = NULL;
	int r;

	memcpy(exact, text, len);
	r = toml_parse(exact, len, &doc, err);
	free(exact);
	if (r < 0) {
		CHECK(doc == NULL);
		CHECK_INT(err->code, r);
		return NULL;
	}
	json = json_text(doc, false);
	json_free(doc);
	return json;
}

struct good {
	const char *toml, *json;
};

static void check_good(const struct good *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};
		char *json;

		check_context("%s", cases[i].toml);
		json = convert(cases[i].toml, strlen(cases[i].toml), &err);
		CHECK_STR(err.message, "");
		CHECK_STR(json, cases[i].json);
		free(json);
	}
}

struct bad {
	const char *toml, *message;
};

static void check_bad(const struct bad *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};

		check_context("%s", cases[i].toml);
		CHECK(convert(cases[i].toml, strlen(cases[i].toml), &err) == NULL);
		CHECK_INT(err.code, -EBADMSG);
		CHECK_STR(err.message, cases[i].message);
	}
}

static void test_keys(void **state)
{
	static const struct good cases[] = {
		{"", "{}"},
		{"# only\n\t # this\r\n\n", "{}"},
		{"\xef\xbb\xbf"
		 "a = 1",
		 "{\"a\":1}"},
		{"a=1", "{\"a\":1}"},
		{"a = 1 # why\r\nb = 2\n", "{\"a\":1,\"b\":2}"},
		{"1-_A = 1", "{\"1-_A\":1}"},
		{"\"a b\" = 1\n'c\\d' = 2\n\"\" = 3", "{\"a b\":1,\"c\\\\d\":2,\"\":3}"},
		{"\"\\u00e4\" = 1", "{\"\xc3\xa4\":1}"},
		{"a.b . \"c.d\" = 1\na.e = 2", "{\"a\":{\"b\":{\"c.d\":1},\"e\":2}}"},
		{"3.14 = 1", "{\"3\":{\"14\":1}}"},
		{"true = false", "{\"true\":false}"},
	};
	static const struct bad bad[] = {
		{"a = 1 b = 2", "line 1: expected the end of the line, got 'b = 2'"},
		{"\na", "line 2: expected '=' behind the key 'a'"},
		{"a\n= 1", "line 1: expected '=' behind the key 'a'"},
		{"= 1", "line 1: expected a key, got '= 1'"},
		{"a. = 1", "line 1: expected a key, got '= 1'"},
		{".a = 1", "line 1: expected a key, got '.a = 1'"},
		{"a..b = 1", "line 1: expected a key, got '.b = 1'"},
		{"\xc3\xa4 = 1", "line 1: expected a key, got '\xc3\xa4 = 1'"},
		{"\"\"\"a\"\"\" = 1", "line 1: expected '=' behind the key ''"},
		{"\"a\n\" = 1", "line 1: the string has no closing \""},
		{"a =", "line 1: expected a value, got 'end of line'"},
		{"a = \n1", "line 1: expected a value, got 'end of line'"},
		{"a = 1\na = 2", "line 2: 'a' is there already"},
		{"a = 1\n\"a\" = 2", "line 2: 'a' is there already"},
		{"a.b = 1\na = 2", "line 2: 'a' is there already"},
		{"a = 1\na.b = 2", "line 2: 'a' cannot be added to here"},
		{"a = 1 = 2", "line 1: expected the end of the line, got '= 2'"},
		{"a = \x1b[1m", "line 1: control character 0x1b"},
	};

	check_good(cases, ARRAY_SIZE(cases));
	check_bad(bad, ARRAY_SIZE(bad));
}

static void test_strings(void **state)
{
	static const struct good cases[] = {
		{"a = \"\"", "{\"a\":\"\"}"},
		{"a = ''", "{\"a\":\"\"}"},
		{"a = \"x # y\" # z", "{\"a\":\"x # y\"}"},
		{"a = \"\\b\\t\\n\\f\\r\\\"\\\\\"",
		 "{\"a\":\"\\b\\t\\n\\f\\r\\\"\\\\\"}"},
		{"a = \"\\u00E9\\U0001F600\\u0041\\uFFFF\"",
		 "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80"
		 "A\xef\xbf\xbf\"}"},
		{"a = '\\u00E9\"'", "{\"a\":\"\\\\u00E9\\\"\"}"},
		{"a = \"\t\"", "{\"a\":\"\\t\"}"},
		{"a = \"\"\"\"\"\"", "{\"a\":\"\"}"},
		{"a = \"\"\"\nx\r\ny\n\"\"\"", "{\"a\":\"x\\ny\\n\"}"},
		{"a = \"\"\"x \\  \n\n  \t y\\\n\"\"\"", "{\"a\":\"x y\"}"},
		{"a = \"\"\"\"x\"\" \\\"\"\"\"", "{\"a\":\"\\\"x\\\"\\\" \\\"\"}"},
		{"a = \"\"\"x\"\"\"\"", "{\"a\":\"x\\\"\"}"},
		{"a = \"\"\"x\"\"\"\"\"", "{\"a\":\"x\\\"\\\"\"}"},
		{"a = '''\n'x''\\\n'''", "{\"a\":\"'x''\\\\\\n\"}"},
		{"a = '''''x'''''", "{\"a\":\"''x''\"}"},
	};
	static const struct bad bad[] = {
		{"a = \"x", "line 1: the string has no closing \""},
		{"a = 'x\n'", "line 1: the string has no closing '"},
		{"a = \"x\\", "line 1: there is no escape '\\end of line'"},
		{"a = \"\\e\"", "line 1: there is no escape '\\e\"'"},
		{"a = \"\\x41\"", "line 1: there is no escape '\\x41\"'"},
		{"a = \"\\u12\"", "line 1: \\u wants 4 hexadecimal digits"},
		{"a = \"\\U0001F60\"", "line 1: \\U wants 8 hexadecimal digits"},
		{"a = \"\\uD800\"", "line 1: U+D800 is no character"},
		{"a = \"\\U00110000\"", "line 1: U+110000 is no character"},
		{"a = \"\\UFFFFFFFF\"", "line 1: U+FFFFFFFF is no character"},
		{"a = \"\\u0000\"", "line 1: U+0000 cannot be part of a string here"},
		{"\na = \"\"\"\n\n\nx\"\"", "line 2: the string has no closing \"\"\""},
		{"a = '''x", "line 1: the string has no closing '''"},
		{"a = \"\"\"x\"\"\"\"\"\"",
		 "line 1: expected the end of the line, got '\"'"},
		{"a = \"\"\"x \\ y\"\"\"", "line 1: there is no escape '\\ y\"\"\"'"},
		{"a = \"\x7f\"", "line 1: control character 0x7f"},
		{"# \x01", "line 1: control character 0x01"},
		{"a = 'x\ry'", "line 1: a carriage return without a newline"},
		{"a = 1\r", "line 1: a carriage return without a newline"},
	};

	check_good(cases, ARRAY_SIZE(cases));
	check_bad(bad, ARRAY_SIZE(bad));
}

static void test_utf8(void **state)
{
	static const char *const wrong[] = {
		"\x80",		"\xc0\x80",	    "\xc1\xbf",		"\xc3",
		"\xc3(",	"\xe0\x9f\xbf",	    "\xed\xa0\x80",	"\xe2\x82",
		"\xf0\x8f\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
	};
	static const struct good cases[] = {
		{"a = '\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xe0\xa0\x80 "
		 "\xc2\x80'",
		 "{\"a\":\"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xe0\xa0\x80 "
		 "\xc2\x80\"}"},
	};

	check_good(cases, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[32], want[64];
		struct err err = {0};

		snprintf(text, sizeof(text), "\n# %s", wrong[i]);
		snprintf(want, sizeof(want), "line 2: byte 0x%02x is no UTF-8",
			 (unsigned char)wrong[i][0]);
		check_context("%zu", i);
		CHECK(convert(text, strlen(text), &err) == NULL);
		CHECK_STR(err.message, want);
	}
}

static void test_numbers(void **state)
{
	static const struct good cases[] = {
		{"a = [0, +0, -0, +99, -17, 1_000, 1_2_3]",
		 "{\"a\":[0,0,0,99,-17,1000,123]}"},
		{"a = [0xDEADBEEF, 0xdead_beef, 0o0755, 0b1101_0110, 0x00]",
		 "{\"a\":[3735928559,3735928559,493,214,0]}"},
		{"a = [9223372036854775807, -9223372036854775808, 0x7fffffffffffffff]",
		 "{\"a\":[9223372036854775807,-9223372036854775808,"
		 "9223372036854775807]}"},
		{"a = [1.5, -0.25, +1e3, 5E-1, 1_0.0_5, 2.5e+02]",
		 "{\"a\":[1.5,-0.25,1000.0,0.5,10.050000000000001,250.0]}"},
		{"a = [inf, +inf, -inf, nan, +nan, -nan]",
		 "{\"a\":[\"inf\",\"+inf\",\"-inf\",\"nan\",\"+nan\",\"-nan\"]}"},
		{"a = [true, false]", "{\"a\":[true,false]}"},
	};
	static const char *const wrong[] = {
		"01",	 "+01",	  "1__0",  "_1",   "1_",       "0x",   "0x_1", "0x1_",
		"+0x1",	 "-0b1",  "0b2",   "0o8",  "0xg",      "0X1",  "1.",   ".5",
		"1.e5",	 "1e",	  "1e+",   "1_.5", "1._5",     "1_e5", "1e_5", "1.5_",
		"03.14", "0x1.8", "++1",   "1e5.", "infinity", "Inf",  "NaN",  "True",
		"yes",	 "1a",	  "0x1p3", "--1",  "+",	       "-",    "+_1",  "1.2.3",
	};
	static const char *const large[] = {
		"9223372036854775808",	      "-9223372036854775809",
		"0x8000000000000000",	      "0xffffffffffffffffff",
		"99999999999999999999999999",
	};
	char text[64], want[100];

	check_good(cases, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err err = {0};

		check_context("%s", wrong[i]);
		snprintf(text, sizeof(text), "a = %s", wrong[i]);
		snprintf(want, sizeof(want), "line 1: expected a value, got '%s'",
			 wrong[i]);
		CHECK(convert(text, strlen(text), &err) == NULL);
		CHECK_STR(err.message, want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(large); i++) {
		struct err err = {0};

		check_context("%s", large[i]);
		snprintf(text, sizeof(text), "a = %s", large[i]);
		CHECK(convert(text, strlen(text), &err) == NULL);
		CHECK_STR(err.message, "line 1: the number does not fit in 64 bits");
	}
	check_bad((const struct bad[]){{"a = 1e999", "line 1: the number is too large"}},
		  1);
}

static void test_dates(void **state)
{
	static const char *const good[] = {
		"1979-05-27",
		"1979-05-27T07:32:00Z",
		"1979-05-27t07:32:00z",
		"1979-05-27 07:32:00",
		"1979-05-27T00:32:00.999999-07:00",
		"1979-05-27 07:32:00.5+05:30",
		"07:32:00",
		"00:32:00.999999",
		"2000-02-29",
		"2024-02-29",
		"1990-12-31T23:59:60Z",
	};
	static const char *const wrong[] = {
		"1979-5-27",
		"1979-13-01",
		"1979-00-01",
		"1979-04-31",
		"1900-02-29",
		"2023-02-29",
		"1979-05-27T",
		"1979-05-27T07:32",
		"1979-05-27T24:00:00",
		"1979-05-27T07:60:00",
		"07:32",
		"07:32:61",
		"07:32:00.",
		"07:32:00Z",
		"1979-05-27T07:32:00+24:00",
		"1979-05-27T07:32:00+1",
		"1979-05-27x07:32:00",
		"1979-05-27Z",
	};
	char text[64], want[100];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct err err = {0};
		char *json;

		check_context("%s", good[i]);
		snprintf(text, sizeof(text), "a = %s # x", good[i]);
		snprintf(want, sizeof(want), "{\"a\":\"%s\"}", good[i]);
		json = convert(text, strlen(text), &err);
		CHECK_STR(err.message, "");
		CHECK_STR(json, want);
		free(json);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err err = {0};

		check_context("%s", wrong[i]);
		snprintf(text, sizeof(text), "a = %s", wrong[i]);
		snprintf(want, sizeof(want), "line 1: expected a value, got '%.19s'",
			 wrong[i]);
		CHECK(convert(text, strlen(text), &err) == NULL);
		CHECK_STR(err.message, want);
	}
}

static void test_arrays(void **state)
{
	static const struct good cases[] = {
		{"a = []", "{\"a\":[]}"},
		{"a = [ # one\n\n 1, # two\r\n 2\n, ]", "{\"a\":[1,2]}"},
		{"a = [1, \"x\", [true, []], {b = 1}]",
		 "{\"a\":[1,\"x\",[true,[]],{\"b\":1}]}"},
		{"a = {}", "{\"a\":{}}"},
		{"a = { b = 1, c.d = 'x', c.e = [1,\n2], \"f\" = {} }",
		 "{\"a\":{\"b\":1,\"c\":{\"d\":\"x\",\"e\":[1,2]},\"f\":{}}}"},
	};
	static const struct bad bad[] = {
		{"a = [1", "line 1: expected ',' or ']' in an array"},
		{"a = [1 2]", "line 1: expected ',' or ']' in an array"},
		{"a = [,]", "line 1: expected a value, got ',]'"},
		{"a = [1,,2]", "line 1: expected a value, got ',2]'"},
		{"a = [", "line 1: expected a value, got 'end of line'"},
		{"a = [1]]", "line 1: expected the end of the line, got ']'"},
		{"a = {b = 1,}", "line 1: expected a key, got '}'"},
		{"a = {b = 1\n}", "line 1: expected ',' or '}' in an inline table"},
		{"a = {\nb = 1}", "line 1: expected a key, got 'end of line'"},
		{"a = {b = 1 c = 2}", "line 1: expected ',' or '}' in an inline table"},
		{"a = {b = 1, b = 2}", "line 1: 'b' is there already"},
		{"a = {b.c = 1, b = 2}", "line 1: 'b' is there already"},
		{"a = {b = {c = 1}, b.d = 2}", "line 1: 'b' cannot be added to here"},
		{"a = {b = 1}\na.c = 2", "line 2: 'a' cannot be added to here"},
		{"a = {b.c = 1}\na.b.d = 2", "line 2: 'a' cannot be added to here"},
		{"a = {b = 1}\n[a]", "line 2: 'a' is defined already"},
		{"a = {b.c = 1}\n[a.b.d]",
		 "line 2: 'a' is no table that can be added to"},
		{"a = [1]\n[a]", "line 2: 'a' is defined already"},
		{"a = [{b = 1}]\n[a.c]", "line 2: 'a' is no table that can be added to"},
		{"a = []\n[[a]]",
		 "line 2: 'a' is defined already, and no array of tables"},
	};

	check_good(cases, ARRAY_SIZE(cases));
	check_bad(bad, ARRAY_SIZE(bad));
}

static void test_tables(void **state)
{
	static const struct good cases[] = {
		{"[a]\n[b] # x\nc = 1", "{\"a\":{},\"b\":{\"c\":1}}"},
		{"[ a . 'b' . \"c\" ]\nd = 1", "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"},
		{"[a.b]\nx = 1\n[a]\ny = 2", "{\"a\":{\"b\":{\"x\":1},\"y\":2}}"},
		{"[a]\nb.c = 1\nb.d.e = 2\n[a.b.f]\ng = 3",
		 "{\"a\":{\"b\":{\"c\":1,\"d\":{\"e\":2},\"f\":{\"g\":3}}}}"},
		{"[[a]]\nx = 1\n[[a]]\n[[a]]\ny = 2", "{\"a\":[{\"x\":1},{},{\"y\":2}]}"},
		{"[[a]]\n[a.b]\nx = 1\n[[a.c]]\n[[a.c]]\n[[a]]\n[a.b]\nx = 2",
		 "{\"a\":[{\"b\":{\"x\":1},\"c\":[{},{}]},{\"b\":{\"x\":2}}]}"},
		{"[[a.b]]\nx = 1\n[a]\ny = 2", "{\"a\":{\"b\":[{\"x\":1}],\"y\":2}}"},
		{"[\"\"]\nx = 1", "{\"\":{\"x\":1}}"},
		{"[a.b.c]\n[a]\nb.d = 1", "{\"a\":{\"b\":{\"c\":{},\"d\":1}}}"},
	};
	static const struct bad bad[] = {
		{"[a]\n[a]", "line 2: 'a' is defined already"},
		{"[a]\nb = 1\n[a.b]", "line 3: 'b' is defined already"},
		{"[a]\nb = 1\n[a.b.c]", "line 3: 'b' is no table that can be added to"},
		{"[a]\nb.c = 1\n[a.b]", "line 3: 'b' is defined already"},
		{"[a.b.c]\nz = 1\n[a]\nb.c.t = 2", "line 4: 'c' cannot be added to here"},
		{"[a.b.c.d]\nz = 1\n[a]\nb.c.d.k.t = 2",
		 "line 4: 'd' cannot be added to here"},
		{"[a]\nb.c = 1\n[x]\n[a.b]", "line 4: 'b' is defined already"},
		{"a.b = 1\n[a]", "line 2: 'a' is defined already"},
		{"[a]\n[[a]]", "line 2: 'a' is defined already, and no array of tables"},
		{"[a.b]\n[[a]]",
		 "line 2: 'a' is defined already, and no array of tables"},
		{"[[a]]\n[a]", "line 2: 'a' is defined already"},
		{"[[a.b]]\n[a]\nb.x = 1", "line 3: 'b' cannot be added to here"},
		{"[]", "line 1: expected a key, got ']'"},
		{"[[]]", "line 1: expected a key, got ']]'"},
		{"[a", "line 1: the header of 'a' has no closing ]"},
		{"[[a]", "line 1: the header of 'a' has no closing ]]"},
		{"[[a] ]", "line 1: the header of 'a' has no closing ]]"},
		{"[a]]", "line 1: expected the end of the line, got ']'"},
		{"[a] b = 1", "line 1: expected the end of the line, got 'b = 1'"},
		{"[a.]", "line 1: expected a key, got ']'"},
		{"[a\n]", "line 1: the header of 'a' has no closing ]"},
	};

	check_good(cases, ARRAY_SIZE(cases));
	check_bad(bad, ARRAY_SIZE(bad));
}

/* What registries.conf is made of. */
static void test_registries_conf(void **state)
{
	static const struct good cases[] = {
		{"unqualified-search-registries = [\"example.com\"]\n"
		 "\n"
		 "[[registry]]\n"
		 "prefix = \"example.com/foo\"\n"
		 "insecure = false\n"
		 "[[registry.mirror]]\n"
		 "location = \"m0.local\"\n"
		 "[[registry.mirror]]\n"
		 "location = \"m1.local\"\n"
		 "[[registry]]\n"
		 "location = \"registry.com\"\n"
		 "[aliases]\n"
		 "\"suse/sle15\" = 'registry.suse.com/suse/sle15'\n",
		 "{\"unqualified-search-registries\":[\"example.com\"],"
		 "\"registry\":[{\"prefix\":\"example.com/foo\",\"insecure\":false,"
		 "\"mirror\":[{\"location\":\"m0.local\"},{\"location\":\"m1.local\"}]},"
		 "{\"location\":\"registry.com\"}],"
		 "\"aliases\":{\"suse/sle15\":\"registry.suse.com/suse/sle15\"}}"},
	};

	check_good(cases, ARRAY_SIZE(cases));
}

/* A text of @n times @unit between two others. */
static char *repeat(const char *before, const char *unit, size_t n, const char *after,
		    size_t *ret_len)
{
	size_t len = strlen(unit), used = strlen(before);
	char *text = malloc(used + len * n + strlen(after) + 1);

	memcpy(text, before, used);
	for (size_t i = 0; i < n; i++, used += len)
		memcpy(text + used, unit, len);
	memcpy(text + used, after, strlen(after) + 1);
	*ret_len = used + strlen(after);
	return text;
}

static void test_limits(void **state)
{
	static const struct {
		const char *before, *unit;
		size_t n;
		const char *after, *message; /* "" when it is good */
	} cases[] = {
		{"a = ", "[", 63, "", "line 1: expected a value, got 'end of line'"},
		{"a = ", "[", 64, "", "line 1: nested deeper than 64 levels"},
		{"a = ", "[", 1000000, "", "line 1: nested deeper than 64 levels"},
		{"a = ", "{a=", 1000, "", "line 1: nested deeper than 64 levels"},
		{"[a", ".a", 62, "]", ""},
		{"[a", ".a", 63, "]", "line 1: nested deeper than 64 levels"},
		{"[a", ".a", 64, "]", "line 1: a key of more than 64 parts"},
		{"a", ".a", 63, "=1", ""},
		{"[b]\na", ".a", 63, "=1", "line 2: nested deeper than 64 levels"},
		{"a", ".a", 500000, "=1", "line 1: a key of more than 64 parts"},
		{"a = [", "1,", 65535, "]", ""},
		{"a = [", "1,", 65536, "]", "line 1: more than 65536 values"},
		{"", "[[a]]\n", 65535, "", ""},
		{"", "[[a]]\n", 65536, "", "line 65536: more than 65536 values"},
		{"a = '", "x", 1048570, "'", ""},
		{"a = '", "x", 1048571, "'", "TOML of 1048577 bytes: at most 1048576"},
		{"a = \"", "\\n", 524285, "\"", ""},
		{"a = ", "1", 127, "", "line 1: the number does not fit in 64 bits"},
		{"a = ", "1", 128, "",
		 "line 1: expected a value, got '1111111111111111111'"},
		{"", "\n", 1048575, "x", "line 1048576: expected '=' behind the key 'x'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = {0};
		size_t len;
		char *text = repeat(cases[i].before, cases[i].unit, cases[i].n,
				    cases[i].after, &len),
		     *json = convert(text, len, &err);

		check_context("case %zu", i);
		CHECK_STR(err.message, cases[i].message);
		CHECK(!json == !!cases[i].message[0]);
		free(json);
		free(text);
	}
}

/* As many different keys in one table as there may be: no time that grows with the square. */
static void test_many_keys(void **state)
{
	char *text = malloc(1u << 20);
	struct err err = {0};
	struct json *doc = NULL;
	struct json_at root;
	size_t used = 0;

	for (unsigned int i = 0; i < 60000; i++)
		used += (size_t)snprintf(text + used, 16, "[k%x]\n", i);
	CHECK_INT(toml_parse(text, used, &doc, &err), 0);
	root = json_root(doc);
	CHECK_INT(json_count(&root), 60000);
	json_free(doc);
	free(text);
}

static void test_nul(void **state)
{
	struct err err = {0};

	CHECK(convert("a = 1\0", 6, &err) == NULL);
	CHECK_STR(err.message, "line 1: control character 0x00");
	CHECK(convert("a = '\0'", 7, &err) == NULL);
	CHECK_STR(err.message, "line 1: control character 0x00");
}

/* Every beginning of a good text is read or refused, and nothing behind it looked at. */
static void test_cut(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf"
		"# c\r\na.\"b\\u00e4\" = [1, 0x1F, 2.5e+1, 1979-05-27 07:32:00Z]\n"
		"[t.'u']\nx = '''\ny'''\nz = \"\"\"\\\n  v\"\"\"\"\n[[w]]\n"
		"q = {a = true, b.c = [\n]}\n";
	struct err err;

	for (size_t len = 0; len < sizeof(text); len++) {
		char *json;

		err = (struct err){0};
		json = convert(text, len, &err);
		CHECK((json != NULL) == (err.code == 0));
		free(json);
	}
	/* The last round had all of it. */
	CHECK_INT(err.code, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_keys),   TEST(test_strings),
		TEST(test_utf8),   TEST(test_numbers),
		TEST(test_dates),  TEST(test_arrays),
		TEST(test_tables), TEST(test_registries_conf),
		TEST(test_limits), TEST(test_many_keys),
		TEST(test_nul),	   TEST(test_cut),
	};

	return UNIT_RUN(tests);
}
