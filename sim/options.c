/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"
#include "cmd.h"
#include "nearest.h"
#include "options_print.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 64

/* Values that getopt_long() returns: the n-th of the table, and our own two. */
enum { VALUE_FIRST = 0x100, VALUE_HELP = 0x200, VALUE_DUMP };

static void *member(const struct options *o, const struct option_spec *spec)
{
	return (char *)o->values + spec->offset;
}

static int find_spec(const struct options *o, const char *name, size_t length)
{
	const struct option_spec *specs = o->table->specs;

	for (int i = 0; specs && specs[i].name; i++)
		if (strlen(specs[i].name) == length && memcmp(specs[i].name, name, length) == 0)
			return i;
	return -1;
}

bool options_given(const struct options *o, const char *name)
{
	int i = find_spec(o, name, strlen(name));

	assert(i >= 0);
	return o->given >> i & 1;
}

int options_refuse(const struct options *o, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	message_error(o->message, NULL, "%s; see 'ioasim %s --help'", text, o->table->name);
	return CMD_USAGE;
}

/* ---- One value ------------------------------------------------------------ */

static int set_choice(struct options *o, const struct option_spec *spec, const char *text)
{
	struct nearest near = nearest_to(text);
	char hint[NEAREST_HINT_SIZE], words[256];

	for (uint8_t i = 0; spec->choices[i]; i++) {
		if (strcmp(text, spec->choices[i]) == 0) {
			*(uint8_t *)member(o, spec) = i;
			return 0;
		}
		nearest_offer(&near, spec->choices[i]);
	}
	return options_refuse(o, "option --%s: '%s', expected %s%s", spec->name, text,
			      options_choices(spec, ", ", words, sizeof(words)),
			      nearest_hint(&near, hint));
}

static int set_number(struct options *o, const struct option_spec *spec, const char *text)
{
	static const char *const what[] = {
		[OPTION_NUMBER] = "a decimal or 0x hex number",
		[OPTION_SIZE] = "a number, with k, M, G or T behind it for powers of 1024",
		[OPTION_TIME] = "a number with ns, us, ms or s behind it",
	};
	uint64_t value = 0;
	uint64_t max = spec->max ? spec->max : UINT64_MAX;
	int err;

	if (spec->type == OPTION_SIZE)
		err = parse_size(text, &value);
	else if (spec->type == OPTION_TIME)
		err = parse_time(text, &value);
	else
		err = parse_number(text, &value);
	if (err == -EINVAL)
		return options_refuse(o, "option --%s: '%s', expected %s", spec->name, text,
				      what[spec->type]);
	if (err || value < spec->min || value > max)
		return options_refuse(o,
				      "option --%s: '%s', expected a value from %" PRIu64
				      " to %" PRIu64,
				      spec->name, text, spec->min, max);
	memcpy(member(o, spec), &value, sizeof(value));
	return 0;
}

static int add_to_list(struct options *o, const struct option_spec *spec, const char *text)
{
	struct option_list *list = member(o, spec);
	const char **grown = realloc(list->value, (list->count + 1) * sizeof(*grown));

	if (!grown)
		return options_refuse(o, "option --%s: no memory", spec->name);
	list->value = grown;
	list->value[list->count++] = text;
	return 0;
}

static int set_value(struct options *o, const struct option_spec *spec, const char *text)
{
	switch (spec->type) {
	case OPTION_FLAG:
		*(bool *)member(o, spec) = true;
		return 0;
	case OPTION_STRING:
		*(const char **)member(o, spec) = text;
		return 0;
	case OPTION_CHOICE:
		return set_choice(o, spec, text);
	case OPTION_LIST:
		return add_to_list(o, spec, text);
	default:
		return set_number(o, spec, text);
	}
}

static int set_defaults(struct options *o)
{
	memset(o->values, 0, o->table->values_size);
	for (const struct option_spec *spec = o->table->specs; spec && spec->name; spec++)
		if (spec->fallback && set_value(o, spec, spec->fallback))
			return CMD_USAGE;
	return 0;
}

/* ---- getopt_long ----------------------------------------------------------- */

struct getopt_tables {
	struct option longs[OPTIONS_MAX + 3];
	char shorts[3 * OPTIONS_MAX];
};

static void build_tables(const struct option_table *table, struct getopt_tables *t)
{
	char *s = t->shorts;
	int n = 0;

	memset(t, 0, sizeof(*t));
	*s++ = ':';
	*s++ = 'h';
	for (; table->specs && table->specs[n].name; n++) {
		const struct option_spec *spec = &table->specs[n];
		bool argument = spec->type != OPTION_FLAG;

		assert(n < OPTIONS_MAX);
		t->longs[n] = (struct option){spec->name, argument, NULL, VALUE_FIRST + n};
		if (!spec->letter)
			continue;
		*s++ = spec->letter;
		if (argument)
			*s++ = ':';
	}
	t->longs[n++] = (struct option){"help", no_argument, NULL, VALUE_HELP};
	t->longs[n++] = (struct option){"dump-options", required_argument, NULL, VALUE_DUMP};
}

static int refuse_unknown(struct options *o, const char *typed)
{
	char name[64], hint[NEAREST_HINT_SIZE] = "";
	struct nearest near;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
	near = nearest_to(name);
	for (const struct option_spec *spec = o->table->specs; spec && spec->name; spec++)
		nearest_offer(&near, spec->name);
	nearest_offer(&near, "help");
	if (nearest_word(&near))
		snprintf(hint, sizeof(hint), " (did you mean '--%s'?)", nearest_word(&near));
	return options_refuse(o, "unknown option '--%s'%s", name, hint);
}

/* A letter, or what a long option returns, to its place in the table. */
static int index_of(const struct option_table *table, int found)
{
	if (found >= VALUE_FIRST)
		return found - VALUE_FIRST;
	for (int i = 0; table->specs[i].name; i++)
		if (table->specs[i].letter == found)
			return i;
	return -1;
}

/* What getopt_long() did not like; it leaves the option in optopt, 0: no such long
 * option. */
static int refuse_option(struct options *o, int found, const struct getopt_tables *t, char **argv)
{
	const char *trouble = found == ':' ? "needs an argument" : "takes no argument";

	if (optopt == 0)
		return refuse_unknown(o, argv[optind - 1]);
	for (const struct option *option = t->longs; option->name; option++)
		if (option->val == optopt)
			return options_refuse(o, "option '--%s' %s", option->name, trouble);
	if (found == ':')
		return options_refuse(o, "option '-%c' %s", optopt, trouble);
	return options_refuse(o, "unknown option '-%c'", optopt);
}

/* True while there is more to parse. False at the end, with o->status 0 or more if
 * the command does not go on. */
static bool parse_one(struct options *o, const struct getopt_tables *t, int argc, char **argv)
{
	int found = getopt_long(argc, argv, t->shorts, t->longs, NULL);
	int i;

	o->status = -1;
	switch (found) {
	case -1:
		return false;
	case 'h':
	case VALUE_HELP:
		o->status = options_print_help(o->table, o->message);
		return false;
	case VALUE_DUMP:
		o->status = options_dump(o->table, optarg, o->message);
		return false;
	case ':':
	case '?':
		o->status = refuse_option(o, found, t, argv);
		return false;
	}
	i = index_of(o->table, found);
	assert(i >= 0);
	o->given |= UINT64_C(1) << i;
	if (set_value(o, &o->table->specs[i], optarg))
		o->status = CMD_USAGE;
	return o->status < 0;
}

/* ---- Rules between options -------------------------------------------------- */

/* The first of a list of names "a,b" that was given; NULL if none was. */
static const char *first_given(const struct options *o, const char *names)
{
	while (*names) {
		size_t length = strcspn(names, ",");
		int i = find_spec(o, names, length);

		assert(i >= 0);
		if (o->given >> i & 1)
			return o->table->specs[i].name;
		names += length + (names[length] == ',');
	}
	return NULL;
}

static int check_rules(const struct options *o)
{
	for (unsigned i = 0; o->table->specs && o->table->specs[i].name; i++) {
		const struct option_spec *spec = &o->table->specs[i];
		const char *other;
		char words[256];

		if (!(o->given >> i & 1))
			continue;
		if (spec->needs && !first_given(o, spec->needs))
			return options_refuse(o, "option --%s has no effect without --%s",
					      spec->name,
					      options_or(spec->needs, words, sizeof(words)));
		other = spec->excludes ? first_given(o, spec->excludes) : NULL;
		if (other)
			return options_refuse(o, "option --%s cannot stand beside --%s", spec->name,
					      other);
	}
	return 0;
}

static int check_operands(const struct options *o)
{
	const struct option_table *table = o->table;

	if (o->operands < table->min_operands)
		return options_refuse(o, "%s expected", table->operands);
	if (o->operands > table->max_operands)
		return options_refuse(o, "'%s' is too many, expected %s",
				      o->operand[table->max_operands],
				      table->operands ? table->operands : "no operand");
	return 0;
}

bool options_parse(struct options *o, const struct option_table *table, struct message *message,
		   void *values, int argc, char **argv)
{
	struct getopt_tables tables;

	*o = (struct options){.table = table, .message = message, .values = values};
	build_tables(table, &tables);
	o->status = set_defaults(o);
	assert(o->status == 0);
	optind = 0; /* getopt_long() starts anew */
	opterr = 0;
	while (parse_one(o, &tables, argc, argv))
		continue;
	if (o->status >= 0)
		goto fail;
	o->operand = argv + optind;
	o->operands = (unsigned)(argc - optind);
	o->status = check_rules(o);
	if (o->status == 0)
		o->status = check_operands(o);
	if (o->status == 0)
		return true;
fail:
	options_fini(o);
	return false;
}

void options_fini(struct options *o)
{
	for (const struct option_spec *spec = o->table->specs; spec && spec->name; spec++) {
		struct option_list *list = member(o, spec);

		if (spec->type != OPTION_LIST)
			continue;
		free(list->value);
		*list = (struct option_list){0};
	}
}
