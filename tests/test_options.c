/* SPDX-License-Identifier: Apache-2.0 */
/* Options, numbers, nearest words and messages: what is taken, what is refused and in
 * which words. */
#include "cmd.h"
#include "nearest.h"
#include "options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct values {
	bool tap;
	const char *output;
	uint64_t threads, size, time;
	uint8_t format, progress;
	struct option_list set;
};

static const char *const formats[] = {"table", "json", "csv", NULL};

static const struct option_spec specs[] = {
	{.name = "tap", .type = OPTION_FLAG, .offset = offsetof(struct values, tap), .help = "tap"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .offset = offsetof(struct values, output),
	 .help = "write into FILE"},
	{.name = "threads",
	 .letter = 'j',
	 .type = OPTION_NUMBER,
	 .fallback = "1",
	 .min = 1,
	 .max = 64,
	 .offset = offsetof(struct values, threads),
	 .help = "threads"},
	{.name = "size",
	 .type = OPTION_SIZE,
	 .offset = offsetof(struct values, size),
	 .help = "size"},
	{.name = "time",
	 .type = OPTION_TIME,
	 .fallback = "10ms",
	 .offset = offsetof(struct values, time),
	 .help = "time"},
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .choices = formats,
	 .fallback = "table",
	 .excludes = "tap",
	 .offset = offsetof(struct values, format),
	 .help = "format"},
	{.name = "set",
	 .type = OPTION_LIST,
	 .argument = "KEY=VALUE",
	 .needs = "output,tap",
	 .offset = offsetof(struct values, set),
	 .help = "set"},
	OPTION_PROGRESS(struct values),
	{0},
};

static const struct option_table table = {
	.name = "test",
	.operands = "FILE",
	.min_operands = 1,
	.max_operands = 2,
	.summary = "tests",
	.specs = specs,
	.values_size = sizeof(struct values),
};

struct parsed {
	struct values values;
	struct message message;
	struct options options;
	bool goes_on;
	char *text; /* on standard error */
	size_t length;
};

/* Parses a line of words. */
static void parse(struct parsed *p, const char *line)
{
	static char words[256];
	static char *argv[32] = {(char *)"test"};
	int argc = 1;
	FILE *stream;

	memset(p, 0, sizeof(*p));
	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	stream = open_memstream(&p->text, &p->length);
	message_init(&p->message, stream);
	p->goes_on = options_parse(&p->options, &table, &p->message, &p->values, argc, argv);
	fclose(stream);
}

static void parsed_free(struct parsed *p)
{
	if (p->goes_on)
		options_fini(&p->options);
	free(p->text);
}

static void defaults_hold_without_options(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "a");
	assert_true(p.goes_on);
	assert_false(p.values.tap);
	assert_null(p.values.output);
	assert_int_equal(p.values.threads, 1);
	assert_int_equal(p.values.time, 10000000);
	assert_int_equal(p.values.format, 0);
	assert_int_equal(p.values.progress, PROGRESS_AUTO);
	assert_int_equal(p.options.operands, 1);
	assert_false(options_given(&p.options, "threads"));
	parsed_free(&p);
}

static void options_of_each_type_are_taken_between_operands(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "a --tap -j 4 --size=2M -o x --set k=1 b --set k=2 --time 3us");
	assert_true(p.goes_on);
	assert_true(p.values.tap);
	assert_int_equal(p.values.threads, 4);
	assert_int_equal(p.values.size, 2 << 20);
	assert_int_equal(p.values.time, 3000);
	assert_string_equal(p.values.output, "x");
	assert_int_equal(p.values.set.count, 2);
	assert_string_equal(p.values.set.value[0], "k=1");
	assert_string_equal(p.values.set.value[1], "k=2");
	assert_int_equal(p.options.operands, 2);
	assert_string_equal(p.options.operand[0], "a");
	assert_string_equal(p.options.operand[1], "b");
	assert_true(options_given(&p.options, "threads"));
	parsed_free(&p);
	parse(&p, "--format csv -- --tap");
	assert_true(p.goes_on);
	assert_int_equal(p.values.format, 2);
	assert_string_equal(p.options.operand[0], "--tap");
	parsed_free(&p);
}

struct refusal {
	const char *line, *text;
};

static const struct refusal refusals[] = {
	{"", "FILE expected"},
	{"a b c", "'c' is too many, expected FILE"},
	{"a --formt=csv", "unknown option '--formt' (did you mean '--format'?)"},
	{"a --zzzzzz", "unknown option '--zzzzzz'"},
	{"a -z", "unknown option '-z'"},
	{"a --output", "option '--output' needs an argument"},
	{"a -o", "option '-o' needs an argument"},
	{"a --tap=1", "option '--tap' takes no argument"},
	{"a --format=jsn",
	 "option --format: 'jsn', expected table, json, csv (did you mean 'json'?)"},
	{"a --threads=x", "option --threads: 'x', expected a decimal or 0x hex number"},
	{"a --threads=0", "option --threads: '0', expected a value from 1 to 64"},
	{"a --threads=65", "option --threads: '65', expected a value from 1 to 64"},
	{"a --size=4X",
	 "option --size: '4X', expected a number, with k, M, G or T behind it for powers of 1024"},
	{"a --time=1h", "option --time: '1h', expected a number with ns, us, ms or s behind it"},
	{"a --time=99999999999999s",
	 "option --time: '99999999999999s', expected a value from 0 to 18446744073709551615"},
	{"a --set=k=1", "option --set has no effect without --output or --tap"},
	{"a --tap --format=json", "option --format cannot stand beside --tap"},
};

static void wrong_usage_is_refused_in_these_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		char expected[256];
		struct parsed p;

		parse(&p, refusals[i].line);
		snprintf(expected, sizeof(expected), "ioasim: %s; see 'ioasim test --help'\n",
			 refusals[i].text);
		assert_false(p.goes_on);
		assert_int_equal(p.options.status, CMD_USAGE);
		assert_string_equal(p.text, expected);
		parsed_free(&p);
	}
}

static void numbers_have_64_bits_and_no_sign(void **state)
{
	static const struct {
		int (*parse)(const char *text, uint64_t *value);
		const char *text;
		int err;
		uint64_t value;
	} cases[] = {
		{parse_number, "0", 0, 0},
		{parse_number, "18446744073709551615", 0, UINT64_MAX},
		{parse_number, "18446744073709551616", -ERANGE, 0},
		{parse_number, "0xFFFFFFFFFFFFFFFF", 0, UINT64_MAX},
		{parse_number, "99999999999999999999999999999999999999", -ERANGE, 0},
		{parse_number, "", -EINVAL, 0},
		{parse_number, "+1", -EINVAL, 0},
		{parse_number, " 1", -EINVAL, 0},
		{parse_number, "1 ", -EINVAL, 0},
		{parse_number, "4k", -EINVAL, 0},
		{parse_size, "4k", 0, 4096},
		{parse_size, "4K", 0, 4096},
		{parse_size, "0x10G", 0, UINT64_C(16) << 30},
		{parse_size, "17179869184G", -ERANGE, 0},
		{parse_size, "k", -EINVAL, 0},
		{parse_time, "1s", 0, 1000000000},
		{parse_time, "18446744073709551615ns", 0, UINT64_MAX},
		{parse_time, "18446744073709551615us", -ERANGE, 0},
		{parse_time, "1.5us", -EINVAL, 0},
		{parse_picoseconds, "72.25ns", 0, 72250},
		{parse_picoseconds, "72.25", 0, 72250},
		{parse_picoseconds, "487.5ns", 0, 487500},
		{parse_picoseconds, "7ps", 0, 7},
		{parse_picoseconds, "0x10ns", 0, 16000},
		{parse_picoseconds, "1.000000000001s", 0, UINT64_C(1000000000001)},
		{parse_picoseconds, "0.000", 0, 0},
		{parse_picoseconds, "1.2500000us", 0, 1250000},
		/* Less than a picosecond cannot be told. */
		{parse_picoseconds, "1.0001ns", -EINVAL, 0},
		{parse_picoseconds, "0.5ps", -EINVAL, 0},
		{parse_picoseconds, "0x1.8ns", -EINVAL, 0},
		{parse_picoseconds, "1.ns", -EINVAL, 0},
		{parse_picoseconds, ".5ns", -EINVAL, 0},
		{parse_picoseconds, "1e3ns", -EINVAL, 0},
		{parse_picoseconds, "1.00000000000000000000ns", -EINVAL, 0},
		{parse_picoseconds, "18446744073709551.615ns", 0, UINT64_MAX},
		{parse_picoseconds, "18446744073709551.616ns", -ERANGE, 0},
		{parse_picoseconds, "18446744073709551615ns", -ERANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value;

		assert_int_equal(cases[i].parse(cases[i].text, &value), cases[i].err);
		if (!cases[i].err)
			assert_int_equal(value, cases[i].value);
	}
}

static void only_near_words_are_suggested(void **state)
{
	static const struct {
		const char *typed, *word;
	} cases[] = {
		{"vectors", "vectors"},
		{"vectrs", "vectors"},
		{"vetcors", "vectors"},
		{"wlak", "walk"},
		{"w", NULL},
		{"", NULL},
		{"conference", NULL},
		{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nearest near = nearest_to(cases[i].typed);

		nearest_offer(&near, "vectors");
		nearest_offer(&near, "walk");
		if (cases[i].word)
			assert_string_equal(nearest_word(&near), cases[i].word);
		else
			assert_null(nearest_word(&near));
	}
}

static void messages_have_their_place_and_are_clean(void **state)
{
	const struct position full = {"f", 3, 7}, line = {"f", 3, 0}, file = {"f", 0, 9};
	struct message message;
	size_t length;
	FILE *stream;
	char *text;

	(void)state;
	stream = open_memstream(&text, &length);
	message_init(&message, stream);
	message_error(&message, &full, "a\033[2Jb");
	message_error(&message, &line, "x");
	message_warning(&message, &file, "y");
	message_note(&message, "z");
	fclose(stream);
	assert_string_equal(text, "ioasim: f:3:7: a?[2Jb\nioasim: f:3: x\n"
				  "ioasim: f: warning: y\nioasim: z\n");
	assert_int_equal(message.errors, 2);
	assert_int_equal(message.warnings, 1);
	free(text);
}

static void progress_is_silent_unless_asked_where_no_terminal_is(void **state)
{
	const struct message_step step = {"replaying", "records", 50, 200};
	struct message message;
	size_t length;
	FILE *stream;
	char *text;

	(void)state;
	stream = open_memstream(&text, &length);
	message_init(&message, stream);
	message_progress(&message, &step);
	message.progress = PROGRESS_NEVER;
	message_progress(&message, &step);
	message.progress = PROGRESS_ALWAYS;
	message_progress(&message, &step);
	message_progress(&message, &step); /* too soon */
	message_progress_end(&message);
	fclose(stream);
	assert_string_equal(text, "replaying: 50 of 200 records (25 %)\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold_without_options),
		cmocka_unit_test(options_of_each_type_are_taken_between_operands),
		cmocka_unit_test(wrong_usage_is_refused_in_these_words),
		cmocka_unit_test(numbers_have_64_bits_and_no_sign),
		cmocka_unit_test(only_near_words_are_suggested),
		cmocka_unit_test(messages_have_their_place_and_are_clean),
		cmocka_unit_test(progress_is_silent_unless_asked_where_no_terminal_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
