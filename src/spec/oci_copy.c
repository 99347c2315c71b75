// SPDX-License-Identifier: Apache-2.0
/*
 * oci_copy.c - oci_copy_members(): see oci_parts.h
 *
 * A seccomp profile is a text in the spec and a part of the document: it is copied there
 * and back, value by value, through the only door to the JSON library.
 */
#include "spec/oci_parts.h"

/* One value: into @to as the member @key, or as one more element when @key is NULL. */
static int copy_value(struct json *to, const char *key, const struct json_at *from,
		      struct arena *a, struct err *err);

static int copy_elements(struct json *to, const struct json_at *from, struct arena *a,
			 struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_count(from); i++) {
		struct json_at item = json_index(from, i);

		r = copy_value(to, NULL, &item, a, err);
	}
	return r;
}

static int copy_members(struct json *to, const struct json_at *from, struct arena *a,
			struct err *err)
{
	int r = 0;

	if (json_count(from) > OCI_MAX_MEMBERS)
		return json_invalid(from, err, "more than %d members", OCI_MAX_MEMBERS);
	for (size_t i = 0; r == 0 && i < json_count(from); i++) {
		struct json_at item;
		const char *key = json_member(from, i, &item);

		r = copy_value(to, key, &item, a, err);
	}
	return r;
}

static int copy_scalar(struct json *to, const char *key, const struct json_at *from,
		       struct arena *a, struct err *err)
{
	const char *text = "";
	bool is_true = false;
	int64_t number = 0;
	int r;

	switch (json_kind(from)) {
	case JSON_KIND_STRING:
		r = json_read_str(from, a, &text, err);
		if (key)
			json_put_str(to, key, text);
		else
			json_add_str(to, text);
		return r;
	case JSON_KIND_INTEGER:
		r = json_read_i64(from, INT64_MIN, INT64_MAX, &number, err);
		if (key)
			json_put_int(to, key, number);
		else
			json_add_int(to, number);
		return r;
	case JSON_KIND_BOOL:
		r = json_read_bool(from, &is_true, err);
		if (key)
			json_put_bool(to, key, is_true);
		return r;
	case JSON_KIND_ABSENT:
	case JSON_KIND_OBJECT:
	case JSON_KIND_ARRAY:
	case JSON_KIND_REAL:
		break;
	}
	return 0;
}

static int copy_value(struct json *to, const char *key, const struct json_at *from,
		      struct arena *a, struct err *err)
{
	enum json_kind kind = json_kind(from);

	if (kind == JSON_KIND_OBJECT)
		return copy_members(key ? json_put_object(to, key) : json_add_object(to),
				    from, a, err);
	if (kind == JSON_KIND_ARRAY)
		return key ? copy_elements(json_put_array(to, key), from, a, err) : 0;
	return copy_scalar(to, key, from, a, err);
}

int oci_copy_members(struct json *to, const struct json_at *from, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};

	return copy_members(to, from, &a, err);
}
