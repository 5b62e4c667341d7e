/* SPDX-License-Identifier: Apache-2.0 */
/* What is expected of the steps of a scenario. */
#include "scenario_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const keys[SCN_EXPECTATIONS + 1] = {
	[SCN_EXPECT] = "expect",   [SCN_RETURNS] = "returns",   [SCN_REACHES] = "reaches",
	[SCN_FAULT] = "fault",     [SCN_PENDING] = "pending",   [SCN_EITHER] = "either",
	[SCN_EVENTS] = "events",   [SCN_COMMANDS] = "commands", [SCN_NOTES] = "notes",
	[SCN_STATE] = "state",     [SCN_REFS] = "refs",         [SCN_ASKED] = "asked",
	[SCN_RECORDS] = "records",
};

/* ---- Errnos --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int number;
} errnos[] = {
	{"E2BIG", E2BIG},           {"EACCES", EACCES},       {"EADDRINUSE", EADDRINUSE},
	{"EAGAIN", EAGAIN},         {"EBADF", EBADF},         {"EBADFD", EBADFD},
	{"EBUSY", EBUSY},           {"EDEADLK", EDEADLK},     {"EEXIST", EEXIST},
	{"EFAULT", EFAULT},         {"EINVAL", EINVAL},       {"EIO", EIO},
	{"EMFILE", EMFILE},         {"ENODEV", ENODEV},       {"ENOENT", ENOENT},
	{"ENOMEM", ENOMEM},         {"ENOSPC", ENOSPC},       {"ENOTTY", ENOTTY},
	{"EOPNOTSUPP", EOPNOTSUPP}, {"EOVERFLOW", EOVERFLOW}, {"EPERM", EPERM},
	{"ERANGE", ERANGE},         {"ESRCH", ESRCH},         {"EMSGSIZE", EMSGSIZE},
	{"ESPIPE", ESPIPE},
};

#define ERRNOS (sizeof(errnos) / sizeof(errnos[0]))

const char *scn_errno_name(int error, char buffer[32])
{
	for (unsigned i = 0; i < ERRNOS; i++)
		if (errnos[i].number == error)
			return errnos[i].name;
	snprintf(buffer, 32, error ? "errno %d" : "success", error);
	return buffer;
}

int scn_parse_errno(struct scn_parser *p, struct scn_step *step)
{
	const struct ytree_node *node = ytree_get(step->source, "expect");
	const char *words[ERRNOS + 2] = {"0"};
	unsigned index;

	if (!node)
		return 0;
	for (unsigned i = 0; i < ERRNOS; i++)
		words[i + 1] = errnos[i].name;
	if (ytree_choice(p->tree, node, words, &index))
		return -EINVAL;
	step->expect.error = index ? errnos[index - 1].number : 0;
	return 0;
}

/* ---- Fields ----------------------------------------------------------------------------- */

static int parse_field(struct scn_parser *p, const struct scn_field_spec *spec,
		       const struct ytree_node *node, struct scn_ref *value)
{
	unsigned word;
	uint8_t access;
	bool flag;

	*value = (struct scn_ref){.given = true, .name = SCN_NONE};
	switch ((enum scn_field_type)spec->type) {
	case FIELD_NUMBER:
		if (node->kind == YTREE_SCALAR && strcmp(node->text, "none") == 0) {
			value->number = IOASIM_NO_VPASID;
			return 0;
		}
		return ytree_u64(p->tree, node, &value->number);
	case FIELD_FLAG:
		if (ytree_bool(p->tree, node, &flag))
			return -EINVAL;
		value->number = flag;
		return 0;
	case FIELD_WORD:
		if (ytree_choice(p->tree, node, spec->words, &word))
			return -EINVAL;
		value->number = word;
		return 0;
	case FIELD_ACCESS:
		if (scn_parse_prot(p, node, &access))
			return -EINVAL;
		value->number = access;
		return 0;
	case FIELD_IOASID:
		return scn_parse_ref(p, node, SCN_IOASID, value);
	case FIELD_OBJECT:
		return scn_parse_ref(p, node, SCN_OBJECT, value);
	case FIELD_COOKIE:
		return scn_parse_ref(p, node, SCN_COOKIE, value);
	}
	return -EINVAL;
}

int scn_parse_fields(struct scn_parser *p, const struct scn_field_spec *specs,
		     const struct ytree_node *map, struct scn_fields *fields)
{
	const char *names[SCN_FIELDS + 1] = {NULL};

	for (unsigned i = 0; specs[i].name; i++)
		names[i] = specs[i].name;
	if (ytree_want(p->tree, map, YTREE_MAP) || ytree_known(p->tree, map, names))
		return -EINVAL;
	for (unsigned i = 0; specs[i].name; i++) {
		const struct ytree_node *node = ytree_get(map, specs[i].name);

		if (!node)
			continue;
		if (parse_field(p, &specs[i], node, &fields->value[i]))
			return -EINVAL;
		fields->given |= 1u << i;
	}
	return 0;
}

/* ---- One expectation ------------------------------------------------------------------------ */

static int parse_returns(struct scn_parser *p, const struct ytree_node *node, struct scn_step *step)
{
	struct scn_expect *e = &step->expect;
	bool flag;

	if (step->verb == SCN_IOCTL && node->kind == YTREE_MAP) {
		e->returns = SCN_RETURNS_MEMBERS;
		return scn_parse_members(p, node, step);
	}
	if (step->verb == SCN_INFO || step->verb == SCN_POLL) {
		e->returns = SCN_RETURNS_FIELDS;
		return scn_parse_fields(p, scn_info_fields(step), node, &e->fields);
	}
	if (step->verb == SCN_CORE && step->args.core == SCN_CORE_PUT) {
		if (ytree_bool(p->tree, node, &flag))
			return -EINVAL;
		e->value = flag;
		return 0;
	}
	if (step->verb == SCN_CORE && step->args.core == SCN_CORE_FIND &&
	    node->kind == YTREE_SCALAR && strcmp(node->text, "none") == 0) {
		e->returns = SCN_RETURNS_NONE;
		return 0;
	}
	return ytree_u64(p->tree, node, &e->value);
}

static int parse_reaches(struct scn_parser *p, const struct ytree_node *node,
			 struct scn_outcome *outcome)
{
	outcome->kind = SCN_REACHES;
	outcome->process = 0;
	if (node->kind != YTREE_MAP)
		return ytree_u64(p->tree, node, &outcome->address);
	if (node->count != 1)
		return ytree_fail(p->tree, node, "%u addresses, expected {process: address}",
				  node->count);
	for (uint32_t i = 0; i < p->scenario->n_processes; i++) {
		if (strcmp(p->scenario->processes[i].name, node->first->key) != 0)
			continue;
		outcome->process = (int)i;
		return ytree_u64(p->tree, node->first, &outcome->address);
	}
	return ytree_fail(p->tree, node, "'%.64s', expected a process that `memory` names",
			  node->first->key);
}

static int parse_fault(struct scn_parser *p, const struct ytree_node *node,
		       struct scn_outcome *outcome)
{
	unsigned word;

	outcome->kind = SCN_FAULT;
	if (node->kind == YTREE_SCALAR && strcmp(node->text, "any") == 0) {
		outcome->classes = ~0u;
		return 0;
	}
	if (node->kind != YTREE_LIST) {
		if (ytree_choice(p->tree, node, scn_class_words, &word))
			return -EINVAL;
		outcome->classes = 1u << word;
		return 0;
	}
	if (!node->count)
		return ytree_fail(p->tree, node, "fault: empty, expected classes");
	for (const struct ytree_node *n = node->first; n; n = n->next) {
		if (ytree_choice(p->tree, n, scn_class_words, &word))
			return -EINVAL;
		outcome->classes |= 1u << word;
	}
	return 0;
}

static int parse_either(struct scn_parser *p, const struct ytree_node *list, struct scn_expect *e)
{
	static const char *const allowed[] = {"reaches", "fault", NULL};
	struct scn_outcome *outcome;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (list->count < 2)
		return ytree_fail(p->tree, list, "either: list of %u, expected two or more",
				  list->count);
	e->outcomes = outcome = scn_get(p, list->count, sizeof(*outcome));
	if (!outcome)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next, outcome++) {
		const struct ytree_node *reaches = ytree_get(n, "reaches");
		const struct ytree_node *fault = ytree_get(n, "fault");

		if (ytree_want(p->tree, n, YTREE_MAP) || ytree_known(p->tree, n, allowed))
			return -EINVAL;
		if (!reaches == !fault)
			return ytree_fail(p->tree, n, "expected reaches or fault, and one of them");
		if (reaches ? parse_reaches(p, reaches, outcome) : parse_fault(p, fault, outcome))
			return -EINVAL;
	}
	e->n_outcomes = list->count;
	return 0;
}

static int parse_outcome(struct scn_parser *p, const struct ytree_node *node,
			 enum scn_expectation kind, struct scn_expect *e)
{
	const char *text;

	if (e->n_outcomes)
		return ytree_fail(p->tree, node,
				  "%s beside another outcome, expected one, or "
				  "either",
				  keys[kind]);
	if (kind == SCN_EITHER)
		return parse_either(p, node, e);
	e->outcomes = scn_get(p, 1, sizeof(*e->outcomes));
	if (!e->outcomes)
		return -ENOMEM;
	e->n_outcomes = 1;
	if (kind == SCN_REACHES)
		return parse_reaches(p, node, e->outcomes);
	if (kind == SCN_FAULT)
		return parse_fault(p, node, e->outcomes);
	e->outcomes->kind = SCN_PENDING;
	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	e->outcomes->event = scn_name_make(p, SCN_EVENT, text);
	return e->outcomes->event == SCN_NONE ? -ENOMEM : 0;
}

static int parse_events(struct scn_parser *p, const struct ytree_node *list, struct scn_expect *e)
{
	struct scn_fields *event;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	e->events = event = scn_get(p, list->count, sizeof(*event));
	if (!event)
		return -ENOMEM;
	e->n_events = list->count;
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (scn_parse_fields(p, scn_event_fields, n, event++))
			return -EINVAL;
	return 0;
}

static int parse_commands(struct scn_parser *p, const struct ytree_node *list, struct scn_expect *e)
{
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!list->count)
		return ytree_fail(p->tree, list,
				  "commands: empty, which any list fulfils; "
				  "expected classes");
	e->commands = scn_get(p, list->count, sizeof(*e->commands));
	if (!e->commands)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		unsigned word;

		if (ytree_choice(p->tree, n, scn_command_words, &word))
			return -EINVAL;
		e->commands[e->n_commands++] = (uint8_t)word;
	}
	return 0;
}

static int parse_notes(struct scn_parser *p, const struct ytree_node *list, struct scn_expect *e)
{
	struct scn_note *note;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	e->notes = note = scn_get(p, list->count, sizeof(*note));
	if (!note)
		return -ENOMEM;
	e->n_notes = list->count;
	for (const struct ytree_node *n = list->first; n; n = n->next, note++) {
		const char *text;
		unsigned word;

		if (ytree_want(p->tree, n, YTREE_LIST))
			return -EINVAL;
		if (n->count != 3)
			return ytree_fail(p->tree, n, "list of %u, expected [notifier, event, id]",
					  n->count);
		if (ytree_string(p->tree, n->first, &text) ||
		    ytree_choice(p->tree, n->first->next, scn_note_words, &word) ||
		    scn_parse_ref(p, n->first->next->next, SCN_ID, &note->id))
			return -EINVAL;
		note->event = (uint8_t)word;
		note->notifier = scn_name_find(p, SCN_NOTIFIER, text);
		if (note->notifier == SCN_NONE)
			return ytree_fail(p->tree, n->first,
					  "'%.64s', expected an earlier notifier", text);
	}
	return 0;
}

static int parse_asked(struct scn_parser *p, const struct ytree_node *list, struct scn_expect *e)
{
	struct scn_asked *asked;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	e->asked = asked = scn_get(p, list->count, sizeof(*asked));
	if (!asked)
		return -ENOMEM;
	e->n_asked = list->count;
	for (const struct ytree_node *n = list->first; n; n = n->next, asked++) {
		if (ytree_want(p->tree, n, YTREE_LIST))
			return -EINVAL;
		if (n->count != 3)
			return ytree_fail(p->tree, n, "list of %u, expected [dev, iova, size]",
					  n->count);
		if (scn_parse_device(p, n->first, &asked->device) ||
		    ytree_u64(p->tree, n->first->next, &asked->iova) ||
		    ytree_u64(p->tree, n->first->next->next, &asked->size))
			return -EINVAL;
	}
	return 0;
}

static int parse_state(struct scn_parser *p, const struct ytree_node *node,
		       enum scn_expectation kind, struct scn_step *step)
{
	unsigned word;

	if (!step->args.id.given && step->args.as == SCN_NONE)
		return ytree_fail(p->tree, node, "%s of a step that names no ID, expected one",
				  keys[kind]);
	if (kind == SCN_REFS)
		return ytree_u64(p->tree, node, &step->expect.refs);
	if (ytree_choice(p->tree, node, scn_state_words, &word))
		return -EINVAL;
	step->expect.state = (uint8_t)word;
	return 0;
}

static int parse_one(struct scn_parser *p, const struct ytree_node *node, enum scn_expectation kind,
		     struct scn_step *step)
{
	switch (kind) {
	case SCN_EXPECT:
		return 0;
	case SCN_RETURNS:
		return parse_returns(p, node, step);
	case SCN_REACHES:
	case SCN_FAULT:
	case SCN_PENDING:
	case SCN_EITHER:
		return parse_outcome(p, node, kind, &step->expect);
	case SCN_EVENTS:
		return parse_events(p, node, &step->expect);
	case SCN_COMMANDS:
		return parse_commands(p, node, &step->expect);
	case SCN_NOTES:
		return parse_notes(p, node, &step->expect);
	case SCN_STATE:
	case SCN_REFS:
		return parse_state(p, node, kind, step);
	case SCN_ASKED:
		return parse_asked(p, node, &step->expect);
	case SCN_RECORDS:
		return scn_parse_records(p, node, step);
	case SCN_EXPECTATIONS:
		break;
	}
	return -EINVAL;
}

/* ---- All of a step ---------------------------------------------------------------------------- */

static bool is_outcome(enum scn_expectation kind)
{
	return (kind >= SCN_RETURNS && kind <= SCN_EITHER) || kind == SCN_RECORDS;
}

int scn_parse_expect(struct scn_parser *p, struct scn_step *step, unsigned expects)
{
	const char *known[SCN_EXPECTATIONS + 2] = {NULL};
	unsigned n = 0;

	known[n++] = scn_verbs[step->verb].name;
	for (unsigned kind = 0; kind < SCN_EXPECTATIONS; kind++)
		if (expects >> kind & 1)
			known[n++] = keys[kind];
	if (ytree_known(p->tree, step->source, known))
		return -EINVAL;
	for (unsigned kind = 0; kind < SCN_EXPECTATIONS; kind++) {
		const struct ytree_node *node = ytree_get(step->source, keys[kind]);

		if (!node)
			continue;
		/* A call that fails has no outcome, unless it is known for it. */
		if (step->expect.error && is_outcome((enum scn_expectation)kind) &&
		    !(kind == SCN_RETURNS && scn_gives_back(step)))
			return ytree_fail(p->tree, node, "%s beside an errno, expected one of them",
					  keys[kind]);
		step->expect.at[kind] = node;
		if (parse_one(p, node, (enum scn_expectation)kind, step))
			return -EINVAL;
	}
	return 0;
}
