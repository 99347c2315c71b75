// SPDX-License-Identifier: Apache-2.0
/*
 * cli_template.c - tests of the templates of --format, and of tables
 */
#include "cli/urun/template.h"

#include <string.h>

#include "cli/urun/format.h"
#include "support.h"

static const char document[] =
	"{\"Id\":\"abc\",\"Empty\":\"\",\"Size\":42,\"No\":false,\"Yes\":true,\"None\":[]"
	","
	"\"Nest\":{\"Deep\":{\"Last\":\"x\"}},\"Env\":[\"A=1\",\"B=2\",\"C=3\"],"
	"\"Labels\":{\"z\":\"last\",\"a\":\"first\",\"m.n\":\"dot\"},"
	"\"Quote\":\"a\\\"b\\n\\u00e4\","
	"\"List\":[{\"Name\":\"one\",\"N\":1},{\"Name\":\"two\",\"N\":2}]}";

static const char *const maps[] = {"Labels", NULL};

/* What a template makes of the document, or its error's message. */
static const char *fill(struct arena *a, const char *text, int *ret)
{
	_cleanup_json_ struct json *doc = NULL;
	const struct template *t;
	struct template_data data = {.maps = maps};
	struct err err = {0};
	const char *out = "untouched";

	CHECK_INT(json_parse(document, strlen(document), &doc, &err), 0);
	data.value = doc;
	*ret = template_parse(text, a, &t, &err);
	if (*ret == 0)
		*ret = template_run(t, &data, a, &out, &err);
	if (*ret < 0)
		CHECK_STR(out, "untouched");
	return *ret < 0 ? arena_strdup(a, err.message) : out;
}

static void test_values(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"a\\nb\\tc\\d", "a\nb\tc\\d"},
		{"{{.Id}}", "abc"},
		{"{{ .Id }}x{{.Size}}", "abcx42"},
		{"{{.ID}}", "abc"},
		{"{{.Yes}} {{.No}}", "true false"},
		{"{{.Nest.Deep.Last}}", "x"},
		{"{{.Nest}}", "map[Deep:map[Last:x]]"},
		{"{{.Env}}", "[A=1 B=2 C=3]"},
		{"{{.None}}", "[]"},
		{"{{.Labels}}", "map[a:first m.n:dot z:last]"},
		{"{{.Labels.a}} {{.Labels.gone}}", "first <no value>"},
		{"{{json .Env}}", "[\"A=1\",\"B=2\",\"C=3\"]"},
		{"{{.Nest | json}}", "{\"Deep\":{\"Last\":\"x\"}}"},
		{"{{json .Id}}{{json .Size}}{{json .No}}", "\"abc\"42false"},
		{"{{json .Quote}}", "\"a\\\"b\\nä\""},
		{"{{json .Labels.gone}}", "null"},
		{"{{json (split .Id \"b\")}}", "[\"a\",\"c\"]"},
		{"{{index .Labels \"m.n\"}}{{index .Labels \"gone\"}}.", "dot."},
		{"{{index .Env 1}}", "B=2"},
		{"{{(index .List 1).Name}}", "two"},
		{"{{index .List 0 \"Name\"}}", "one"},
		{"{{len .Env}}{{len .Id}}{{len .Labels}}{{len .None}}", "3330"},
		{"{{join .Env \",\"}}", "A=1,B=2,C=3"},
		{"{{join (split \"a.b.c\" \".\") \"-\"}}", "a-b-c"},
		{"{{.Id | upper}}{{lower \"AbC\"}}{{title \"a bc d\"}}", "ABCabcA Bc D"},
		{"{{truncate .Id 2}}{{truncate \"\xc3\xa4\" 1}}|", "ab|"},
		{"[{{pad .Id 1 2}}][{{pad .Empty 1 2}}]", "[ abc  ][]"},
		{"{{println}}", "\n"},
		{"{{println .Id 1 2}}", "abc 1 2\n"},
		{"{{print .Id .Size 1}}", "abc42 1"},
		{"{{printf \"%s-%d-%5s|%-5v|%q%%\" .Id .Size .Id .Id .Id}}",
		 "abc-42-  abc|abc  |\"abc\"%"},
		{"{{\"a\\tb\\\"\"}}{{`c\\d`}}", "a\tb\"c\\d"},
		{"{{/* a }} note */}}x", "x"},
		{"a {{- .Id -}} \n b", "aabcb"},
		{"a {{-1}}", "a -1"},
		{"{{$x := .Nest.Deep}}{{$x.Last}}{{$.Id}}", "xabc"},
		{"{{eq .Id \"x\" \"abc\"}} {{ne .Size 42}} {{lt 1 2}} {{ge .Size 43}}",
		 "true false true false"},
		{"{{and .Id .Empty .Size}}|{{or .Empty .No .Id}}|{{not .None}}",
		 "|abc|true"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		int r;

		check_context("%s", cases[i].text);
		CHECK_STR(fill(&a, cases[i].text, &r), cases[i].want);
		CHECK_INT(r, 0);
	}
	check_no_context();
}

static void test_blocks(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{{if .Id}}y{{else}}n{{end}}", "y"},
		{"{{if .Empty}}y{{else}}n{{end}}", "n"},
		{"{{if .None}}y{{end}}", ""},
		{"{{if .No}}1{{else if .Empty}}2{{else if .Yes}}3{{else}}4{{end}}", "3"},
		{"{{if .No}}1{{else if .Empty}}2{{else}}4{{end}}", "4"},
		{"{{range .Env}}<{{.}}>{{end}}", "<A=1><B=2><C=3>"},
		{"{{range .None}}x{{else}}empty{{end}}", "empty"},
		{"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}",
		 "a=first;m.n=dot;z=last;"},
		{"{{range $i, $v := .Env}}{{$i}}{{$v}} {{end}}", "0A=1 1B=2 2C=3 "},
		{"{{range $v := .List}}{{$v.Name}}{{.N}}{{$.Size}} {{end}}",
		 "one142 two242 "},
		{"{{range .List}}{{range $.Env}}{{.}}{{end}}|{{end}}",
		 "A=1B=2C=3|A=1B=2C=3|"},
		{"{{with .Nest}}{{.Deep.Last}}{{end}}{{with .Empty}}y{{else}}n{{end}}",
		 "xn"},
		{"{{$n := 0}}{{range .List}}{{$n = .N}}{{end}}{{$n}}", "2"},
		{"{{$n := 1}}{{if true}}{{$n := 2}}{{$n}}{{end}}{{$n}}", "21"},
		{"{{range .Labels.gone}}x{{end}}", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		int r;

		check_context("%s", cases[i].text);
		CHECK_STR(fill(&a, cases[i].text, &r), cases[i].want);
		CHECK_INT(r, 0);
	}
	check_no_context();
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{{.Gone}}", "character 3: there is no field 'Gone'"},
		{"{{.Nest.Gone}}", "character 3: there is no field 'Gone'"},
		{"{{.Id.Sub}}", "character 3: no field 'Sub' in a string"},
		{"{{.Env.Sub}}", "character 3: no field 'Sub' in a list"},
		{"ab{{.Id", "character 8: expected '}}', got the end of the template"},
		{"{{}}", "character 3: a value is missing before '}}'"},
		{"{{.Id |}}", "character 8: a value is missing before '}}'"},
		{"{{.Id .Id}}",
		 "character 7: a value takes no words: a function comes first"},
		{"{{.Id | .Id}}", "character 9: behind '|' comes a function"},
		{"{{.Id\"x\"}}", "character 6: unexpected '\"x\"'"},
		{"{{Id}}", "character 3: there is no function 'Id'"},
		{"{{nope .Id}}", "character 3: there is no function 'nope'"},
		{"{{\"x}}", "character 3: a string without an end"},
		{"{{`x}}", "character 3: a string without an end"},
		{"{{\"\\q\"}}", "character 4: no such escape in a string"},
		{"{{/* x }}", "character 3: a note without an end"},
		{"{{$x}}", "character 3: there is no variable '$x'"},
		{"{{$x = 1}}", "character 3: there is no variable '$x'"},
		{"{{if .Id}}{{$x := 1}}{{end}}{{$x}}",
		 "character 31: there is no variable '$x'"},
		{"{{end}}", "character 8: {{end}} ends nothing"},
		{"x{{else}}", "character 8: {{else}} ends nothing"},
		{"{{if .Id}}x", "character 1: there is no {{end}} for it"},
		{"{{if .Id}}{{else}}{{else}}{{end}}", "character 1: a second {{else}}"},
		{"{{range $a, := .Env}}{{end}}",
		 "character 13: a second variable is missing"},
		{"{{range $a, $b .Env}}{{end}}",
		 "character 16: expected ':=', got '.Env'"},
		{"{{range .Id}}{{end}}", "character 9: range cannot go over a string"},
		{"{{(.Id}}", "character 7: expected ')', got '}'"},
		{"{{12x}}", "character 3: '12x' is no number"},
		{"{{len .Size}}", "character 3: len: a number has no length"},
		{"{{len}}", "character 3: len takes more words"},
		{"{{len 1 2}}", "character 3: len takes fewer words"},
		{"{{index .Env 3}}", "character 3: index: place 3 of a list of 3"},
		{"{{index .Env -1}}", "character 3: index: place -1 of a list of 3"},
		{"{{index .Env \"a\"}}",
		 "character 3: index: a place in a list is a number"},
		{"{{join .Id \",\"}}", "character 3: join: a string is no list"},
		{"{{upper .Size}}", "character 3: upper: a number instead of a string"},
		{"{{pad .Id 5000 0}}", "character 3: pad: 0 to 4096 blanks"},
		{"{{printf \"%s\"}}", "character 3: printf: a word is missing"},
		{"{{printf \"%n\" 1}}",
		 "character 3: printf: only %s, %v, %d, %q and %% are known"},
		{"{{printf \"x\" 1}}",
		 "character 3: printf: there are more words than places for them"},
		{"{{eq .Id 1}}",
		 "character 3: eq: a string and a number cannot be compared"},
		{"{{\x1b}}", "character 3: unexpected '\\x1b'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		int r;

		check_context("%s", cases[i].text);
		CHECK_STR(fill(&a, cases[i].text, &r),
			  arena_printf(&a, "template, %s", cases[i].want));
		CHECK_INT(r, -EINVAL);
	}
	check_no_context();
}

static char *repeat(struct arena *a, const char *text, size_t n)
{
	char *all = arena_alloc(a, strlen(text) * n + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(all + i * strlen(text), text, strlen(text));
	return all;
}

static void test_limits(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	int r;

	(void)state;
	fill(&a, repeat(&a, "x", TEMPLATE_MAX_BYTES), &r);
	CHECK_INT(r, 0);
	fill(&a, repeat(&a, "x", TEMPLATE_MAX_BYTES + 1), &r);
	CHECK_INT(r, -E2BIG);
	CHECK_STR(fill(&a,
		       arena_printf(&a, "{{%s1%s}}", repeat(&a, "(", 31),
				    repeat(&a, ")", 31)),
		       &r),
		  "1");
	fill(&a,
	     arena_printf(&a, "{{%s1%s}}", repeat(&a, "(", 1000), repeat(&a, ")", 1000)),
	     &r);
	CHECK_INT(r, -EINVAL);
	fill(&a, repeat(&a, "{{if 1}}", 1000), &r);
	CHECK_INT(r, -EINVAL);
	fill(&a, arena_printf(&a, "{{if 0}}%s{{end}}", repeat(&a, "{{else if 0}}", 1000)),
	     &r);
	CHECK_INT(r, -EINVAL);
	/* three to the power of 20 */
	fill(&a,
	     arena_printf(&a, "%sx%s", repeat(&a, "{{range $.Env}}", 20),
			  repeat(&a, "{{end}}", 20)),
	     &r);
	CHECK_INT(r, -E2BIG);
}

static void test_align(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"no tab\n", "no tab\n"},
		{"a\tb\n", "a           b\n"},
		{"a\tb\nlonger than twelve\tc\n",
		 "a                   b\nlonger than twelve  c\n"},
		/* a line without the column ends it */
		{"a\tb\nplain\nlonger than twelve\tc\n",
		 "a           b\nplain\nlonger than twelve  c\n"},
		{"\xc3\xa4\tb\n", "\xc3\xa4           b\n"},
		{"a\t\n", "a           \n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};

		CHECK_STR(format_align(cases[i].text, &a), cases[i].want);
	}
}

static void test_escape(void **state)
{
	_cleanup_arena_ struct arena a = {0};

	(void)state;
	CHECK_STR(format_escape("a\tb\n\x1b[31m\xc2\x9bx", &a),
		  "a\tb\n\\x1b[31m\\xc2\\x9bx");
	CHECK_STR(format_escape("", &a), "");
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int r;
		long long want;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0, 0},
		{"2026-01-31T12:00:00Z", 0, 1769860800},
		{"2026-01-31T12:00:00.123456789Z", 0, 1769860800},
		{"2026-01-31T14:00:00+02:00", 0, 1769860800},
		{"2026-01-31T10:30:00-01:30", 0, 1769860800},
		{"2026-01-31", -EINVAL, 0},
		{"2026-01-31 12:00:00Z", -EINVAL, 0},
		{"2026-13-31T12:00:00Z", -EINVAL, 0},
		{"2026-01-31T12:00:00", -EINVAL, 0},
		{"2026-01-31T12:00:00Zx", -EINVAL, 0},
		{"2026-01-31T12:00:00+2:000", -EINVAL, 0},
		{"-026-01-31T12:00:00Z", -EINVAL, 0},
	};
	_cleanup_arena_ struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		time_t t = 0;

		check_context("%s", cases[i].text);
		CHECK_INT(format_parse_time(cases[i].text, &t), cases[i].r);
		CHECK_INT(t, cases[i].want);
	}
	check_no_context();
	CHECK_INT(format_parse_time(NULL, &(time_t){0}), -EINVAL);
	CHECK_STR(format_time("2026-01-31T14:00:00+02:00", &a),
		  "2026-01-31 12:00:00 +0000 UTC");
	CHECK_STR(format_time("never", &a), "");
	CHECK_STR(format_since("1970-01-01T00:00:00Z", 1, &a), "1 second ago");
	CHECK_STR(format_since("1970-01-01T00:00:00Z", 59, &a), "59 seconds ago");
	CHECK_STR(format_since("1970-01-01T00:00:00Z", 60, &a), "About a minute ago");
	CHECK_STR(format_since("1970-01-01T00:00:00Z", 7200, &a), "2 hours ago");
	CHECK_STR(format_since("1970-01-01T00:00:00Z", 86400 * 21, &a), "3 weeks ago");
	CHECK_STR(format_since("1970-01-01T00:00:00Z", 86400 * 800, &a), "2 years ago");
	CHECK_STR(format_size(0, &a), "0 B");
	CHECK_STR(format_size(999, &a), "999 B");
	CHECK_STR(format_size(1034326, &a), "1.03 MB");
	CHECK_STR(format_size(999999, &a), "1 MB");
}

static void test_filters(void **state)
{
	static const char *const known[] = {"label", "name", NULL};
	_cleanup_arena_ struct arena a = {0};
	struct filters f = {0};
	struct strv texts = {0}, labels = {0};
	struct err err = {0};

	(void)state;
	strv_push(&a, &texts, "label=a=b");
	strv_push(&a, &texts, "name=");
	CHECK_INT(filters_read(&texts, known, &a, &f, &err), 0);
	CHECK_INT(f.n_v, 2);
	CHECK_STR(f.v[0].key, "label");
	CHECK_STR(f.v[0].value, "a=b");
	CHECK_STR(f.v[1].value, "");
	strv_push(&a, &texts, "nope=1");
	CHECK_INT(filters_read(&texts, known, &a, &f, &err), -EINVAL);
	CHECK_STR(err.message, "--filter: there is no filter 'nope'");
	CHECK_STR(err.hint, "There are: label name");
	texts.v[2] = (char *)(uintptr_t) "label";
	CHECK_INT(filters_read(&texts, known, &a, &f, &err), -EINVAL);
	CHECK_STR(err.message, "--filter 'label': KEY=VALUE");
	strv_push(&a, &labels, "a=b");
	strv_push(&a, &labels, "flag=");
	CHECK(filter_has_label(&labels, "a"));
	CHECK(filter_has_label(&labels, "a=b"));
	CHECK(!filter_has_label(&labels, "a=c"));
	CHECK(!filter_has_label(&labels, "fla"));
	CHECK(filter_has_label(&labels, "flag"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_values), TEST(test_blocks),  TEST(test_mistakes),
		TEST(test_limits), TEST(test_align),   TEST(test_escape),
		TEST(test_times),  TEST(test_filters),
	};

	return UNIT_RUN(tests);
}
