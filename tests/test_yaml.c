/* SPDX-License-Identifier: Apache-2.0 */
/* YAML trees: positions, values, bounds, and the exact text of what they refuse. */
#include "yaml_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

struct opened {
	struct ytree *tree;
	struct ytree_error error;
	const struct ytree_node *root;
	int status;
};

static void open_text(struct opened *o, const char *text)
{
	assert_int_equal(ytree_open_text("t", text, strlen(text), &o->tree, &o->error), 0);
	o->status = ytree_next(o->tree, &o->root);
}

static void nodes_know_their_place(void **state)
{
	struct opened o;
	const struct ytree_node *list;

	(void)state;
	open_text(&o, "a: 1\nlist: [0x10, {k: v}]\n");
	assert_int_equal(o.status, 0);
	assert_int_equal(o.root->kind, YTREE_MAP);
	assert_int_equal(o.root->count, 2);
	list = ytree_get(o.root, "list");
	assert_int_equal(list->kind, YTREE_LIST);
	assert_int_equal(list->line, 2);
	assert_int_equal(list->column, 7);
	assert_int_equal(list->key_column, 1);
	assert_int_equal(list->count, 2);
	assert_string_equal(list->first->text, "0x10");
	assert_int_equal(list->first->column, 8);
	assert_int_equal(list->first->next->kind, YTREE_MAP);
	assert_null(list->first->next->next);
	assert_null(ytree_get(o.root, "absent"));
	assert_null(ytree_get(list, "a"));
	ytree_close(o.tree);
}

static void a_stream_gives_its_documents_in_order(void **state)
{
	struct opened o;

	(void)state;
	open_text(&o, "---\nn: 1\n---\nn: 2\n...\n");
	assert_string_equal(ytree_get(o.root, "n")->text, "1");
	assert_int_equal(ytree_next(o.tree, &o.root), 0);
	assert_string_equal(ytree_get(o.root, "n")->text, "2");
	assert_int_equal(ytree_get(o.root, "n")->line, 4);
	assert_int_equal(ytree_next(o.tree, &o.root), 0);
	assert_null(o.root);
	ytree_close(o.tree);
}

/* ---- What is refused when a document is read ---------------------------------- */

struct refused {
	const char *text, *error;
};

static const struct refused malformed[] = {
	{"a: 1\nb: 2\na: 3\n", "t:3:1: key 'a' stands twice, expected once (first on line 1)"},
	{"a: &x 1\n", "t:1:4: anchor or tag, expected a plain value (not supported)"},
	{"a: &x [1]\n", "t:1:4: anchor or tag, expected a plain value (not supported)"},
	{"a: *x\n", "t:1:4: alias, expected a plain value (not supported)"},
	{"a: !!int 1\n", "t:1:4: anchor or tag, expected a plain value (not supported)"},
	{"? [1]\n: 2\n", "t:1:3: list or map as a key, expected a word"},
	{"a: [1\n", "t:2:1: not YAML: did not find expected ',' or ']'"},
	{"a: \"x\\0y\"\n", "t:1:4: text with a NUL character"},
	{"a: \"\xff\"\n", "t: not text in UTF-8: invalid leading UTF-8 octet at byte 4"},
};

static void malformed_documents_are_told_with_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct opened o;

		open_text(&o, malformed[i].text);
		assert_int_equal(o.status, -EINVAL);
		assert_null(o.root);
		assert_string_equal(o.error.text, malformed[i].error);
		/* The stream is over for good. */
		assert_int_equal(ytree_next(o.tree, &o.root), -EINVAL);
		assert_string_equal(o.error.text, malformed[i].error);
		ytree_close(o.tree);
	}
}

static void nesting_is_bounded(void **state)
{
	char text[4096];
	struct opened o;

	(void)state;
	memset(text, '[', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	open_text(&o, text);
	assert_int_equal(o.status, -EINVAL);
	assert_string_equal(o.error.text, "t:1:33: nested deeper than the limit of 32");
	ytree_close(o.tree);
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	text[64] = '\0';
	open_text(&o, text);
	assert_int_equal(o.status, 0);
	ytree_close(o.tree);
}

static void keys_of_a_map_are_bounded(void **state)
{
	char text[8192];
	size_t used = 0;
	struct opened o;

	(void)state;
	for (unsigned i = 0; i < 257; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "k%u: 0\n", i);
	open_text(&o, text);
	assert_int_equal(o.status, -EINVAL);
	assert_string_equal(o.error.text,
			    "t:257:1: map has more than 256 keys, which is the limit");
	ytree_close(o.tree);
}

/* ---- Values -------------------------------------------------------------------- */

enum getter { NUMBER, RANGE, SIZE, TIME, BOOL, CHOICE, STRING, KNOWN, NEED, LIST };

struct value_case {
	enum getter getter;
	const char *value; /* of the key v, in line 1, column 4 */
	uint64_t result;
	const char *error; /* NULL: none */
};

#define NUMBER_EXPECTED ", expected a decimal or 0x hex number"

static const struct value_case value_cases[] = {
	{NUMBER, "0", 0, NULL},
	{NUMBER, "18446744073709551615", UINT64_MAX, NULL},
	{NUMBER, "0xffffffffffffffff", UINT64_MAX, NULL},
	{NUMBER, "0xABcd", 0xabcd, NULL},
	{NUMBER, "010", 10, NULL},
	{NUMBER, "18446744073709551616", 0,
	 "t:1:4: '18446744073709551616' does not fit 64 bits" NUMBER_EXPECTED},
	{NUMBER, "0x10000000000000000", 0,
	 "t:1:4: '0x10000000000000000' does not fit 64 bits" NUMBER_EXPECTED},
	{NUMBER, "-1", 0, "t:1:4: v: '-1'" NUMBER_EXPECTED},
	{NUMBER, "0x", 0, "t:1:4: v: '0x'" NUMBER_EXPECTED},
	{NUMBER, "12z", 0, "t:1:4: v: '12z'" NUMBER_EXPECTED},
	{NUMBER, "1.5", 0, "t:1:4: v: '1.5'" NUMBER_EXPECTED},
	{NUMBER, "'1'", 0, "t:1:4: v: '1'" NUMBER_EXPECTED},
	{NUMBER, "", 0, "t:1:3: v: nothing" NUMBER_EXPECTED},
	{NUMBER, "[1]", 0, "t:1:4: v: a list" NUMBER_EXPECTED},
	{NUMBER, "{a: 1}", 0, "t:1:4: v: a map" NUMBER_EXPECTED},
	{RANGE, "5", 5, NULL},
	{RANGE, "9", 9, NULL},
	{RANGE, "4", 0, "t:1:4: v: '4', expected a number from 0x5 to 0x9"},
	{RANGE, "10", 0, "t:1:4: v: '10', expected a number from 0x5 to 0x9"},
	{SIZE, "4k", 4096, NULL},
	{SIZE, "16M", 16 << 20, NULL},
	{SIZE, "2T", UINT64_C(2) << 40, NULL},
	{SIZE, "4m", 0, "t:1:4: v: '4m', expected a number, with k, M, G or T for powers of 1024"},
	{SIZE, "16777216T", 0,
	 "t:1:4: '16777216T' does not fit 64 bits, expected a number, with k, M, G or T for powers "
	 "of 1024"},
	{TIME, "10ms", 10000000, NULL},
	{TIME, "7", 7, NULL},
	{TIME, "3h", 0, "t:1:4: v: '3h', expected a time with ns, us, ms or s"},
	{BOOL, "yes", 1, NULL},
	{BOOL, "off", 0, NULL},
	{BOOL, "maybe", 0, "t:1:4: v: 'maybe', expected true or false"},
	{CHOICE, "fifo", 1, NULL},
	{CHOICE, "fiof", 0,
	 "t:1:4: v: 'fiof', expected lru, fifo or random (did you mean 'fifo'?)"},
	{CHOICE, "[]", 0, "t:1:4: v: a list, expected a word"},
	{STRING, "'1'", 0, NULL},
	{STRING, "[]", 0, "t:1:4: v: a list, expected text"},
	{KNOWN, "{entries: 1, ways: 2}", 0, NULL},
	{KNOWN, "{entriss: 1}", 0, "t:1:5: unknown key 'entriss' (did you mean 'entries'?)"},
	{KNOWN, "{latency: 1}", 0, "t:1:5: unknown key 'latency'"},
	{KNOWN, "3", 0, "t:1:4: v: '3', expected a map"},
	{NEED, "{entries: 1}", 0, NULL},
	{NEED, "{ways: 1}", 0, "t:1:4: no key 'entries', expected one"},
	{LIST, "[]", 0, NULL},
	{LIST, "3", 0, "t:1:4: v: '3', expected a list"},
};

static int get_value(struct opened *o, enum getter getter, uint64_t *result)
{
	static const char *const words[] = {"lru", "fifo", "random", NULL};
	static const char *const keys[] = {"entries", "ways", NULL};
	const struct ytree_node *node = ytree_get(o->root, "v");
	const struct ytree_node *value;
	const char *text;
	unsigned index = 0;
	bool truth = false;
	int err;

	switch (getter) {
	case NUMBER:
		return ytree_u64(o->tree, node, result);
	case RANGE:
		return ytree_range(o->tree, node, 5, 9, result);
	case SIZE:
		return ytree_size(o->tree, node, result);
	case TIME:
		return ytree_time(o->tree, node, result);
	case BOOL:
		err = ytree_bool(o->tree, node, &truth);
		*result = truth;
		return err;
	case CHOICE:
		err = ytree_choice(o->tree, node, words, &index);
		*result = index;
		return err;
	case STRING:
		return ytree_string(o->tree, node, &text);
	case KNOWN:
		return ytree_known(o->tree, node, keys);
	case NEED:
		return ytree_need(o->tree, node, "entries", &value);
	default:
		return ytree_want(o->tree, node, YTREE_LIST);
	}
}

static void values_are_read_or_refused_with_what_was_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(value_cases) / sizeof(value_cases[0]); i++) {
		const struct value_case *c = &value_cases[i];
		char text[128];
		uint64_t result = 0;
		struct opened o;
		int err;

		snprintf(text, sizeof(text), "v: %s\n", c->value);
		open_text(&o, text);
		assert_int_equal(o.status, 0);
		err = get_value(&o, c->getter, &result);
		assert_string_equal(o.error.text, c->error ? c->error : "");
		assert_int_equal(err, c->error ? -EINVAL : 0);
		if (!c->error)
			assert_int_equal(result, c->result);
		ytree_close(o.tree);
	}
}

static void the_first_error_of_a_document_stays(void **state)
{
	struct opened o;
	uint64_t value;

	(void)state;
	open_text(&o, "a: x\nb: y\n");
	assert_int_equal(ytree_u64(o.tree, ytree_get(o.root, "a"), &value), -EINVAL);
	assert_int_equal(ytree_u64(o.tree, ytree_get(o.root, "b"), &value), -EINVAL);
	assert_string_equal(o.error.text, "t:1:4: a: 'x'" NUMBER_EXPECTED);
	assert_true(ytree_failed(o.tree));
	ytree_forgive(o.tree);
	assert_false(ytree_failed(o.tree));
	ytree_close(o.tree);
}

/* ---- Files ----------------------------------------------------------------------- */

struct scratch {
	char path[64];
};

static void scratch_write(struct scratch *file, const void *data, size_t length)
{
	int fd;

	strcpy(file->path, "/tmp/ioasim-yaml-XXXXXX");
	fd = mkstemp(file->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	close(fd);
}

static void compression_is_known_by_content(void **state)
{
	static const char text[] = "a: 5\n";
	const struct ytree_node *root;
	struct ytree_error error;
	struct scratch file;
	struct ytree *tree;
	uint64_t value;
	gzFile gz;

	(void)state;
	scratch_write(&file, "", 0);
	gz = gzopen(file.path, "wb");
	assert_int_equal(gzwrite(gz, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(gzclose(gz), Z_OK);
	assert_int_equal(ytree_load(file.path, &tree, &root, &error), 0);
	assert_int_equal(ytree_u64(tree, ytree_get(root, "a"), &value), 0);
	assert_int_equal(value, 5);
	ytree_close(tree);
	unlink(file.path);
}

static void a_cut_gzip_file_cannot_be_read(void **state)
{
	unsigned char data[512], plain[20000];
	const struct ytree_node *root;
	struct ytree_error error;
	struct scratch file;
	struct ytree *tree;
	char expected[128];
	FILE *stream;
	size_t length;
	gzFile gz;

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (unsigned char)('a' + i * i % 23);
	scratch_write(&file, "", 0);
	gz = gzopen(file.path, "wb");
	gzwrite(gz, plain, sizeof(plain));
	gzclose(gz);
	stream = fopen(file.path, "rb");
	length = fread(data, 1, sizeof(data), stream);
	fclose(stream);
	unlink(file.path);
	scratch_write(&file, data, length / 2);
	assert_int_equal(ytree_load(file.path, &tree, &root, &error), -EIO);
	snprintf(expected, sizeof(expected), "%s: cannot be read: damaged, cut or an I/O error",
		 file.path);
	assert_string_equal(error.text, expected);
	ytree_close(tree);
	unlink(file.path);
}

static void a_file_of_one_document_has_one(void **state)
{
	const struct ytree_node *root;
	struct ytree_error error;
	struct scratch file;
	struct ytree *tree;
	char expected[128];

	(void)state;
	scratch_write(&file, "a: 1\n---\nb: 2\n", 14);
	assert_int_equal(ytree_load(file.path, &tree, &root, &error), -EINVAL);
	snprintf(expected, sizeof(expected), "%s:2:1: second document, expected one alone",
		 file.path);
	assert_string_equal(error.text, expected);
	ytree_close(tree);
	unlink(file.path);
	scratch_write(&file, "# nothing\n", 10);
	assert_int_equal(ytree_load(file.path, &tree, &root, &error), -EINVAL);
	snprintf(expected, sizeof(expected), "%s: empty, expected a document", file.path);
	assert_string_equal(error.text, expected);
	ytree_close(tree);
	unlink(file.path);
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct ytree_error error;
	struct ytree *tree;

	(void)state;
	assert_int_equal(ytree_open("/nonexistent/x.yaml", &tree, &error), -ENOENT);
	assert_string_equal(error.text,
			    "/nonexistent/x.yaml: cannot be opened: No such file or directory");
	assert_null(tree);
	ytree_close(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_their_place),
		cmocka_unit_test(a_stream_gives_its_documents_in_order),
		cmocka_unit_test(malformed_documents_are_told_with_their_place),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(keys_of_a_map_are_bounded),
		cmocka_unit_test(values_are_read_or_refused_with_what_was_expected),
		cmocka_unit_test(the_first_error_of_a_document_stays),
		cmocka_unit_test(compression_is_known_by_content),
		cmocka_unit_test(a_cut_gzip_file_cannot_be_read),
		cmocka_unit_test(a_file_of_one_document_has_one),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
