/* SPDX-License-Identifier: Apache-2.0 */
/* Did a step come out as expected? */
#include "scenario_judge.h"
#include "scenario_parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool scn_judge_fail(struct judging *j, enum scn_expectation kind)
{
	const struct ytree_node *at = j->step->expect.at[kind];

	if (at) {
		j->failure->line = at->line;
		j->failure->column = at->column;
	}
	return false;
}

static const char *name_of(const struct judging *j, uint32_t name)
{
	return j->run->scenario->names[name].text;
}

/* ---- Errno and values -------------------------------------------------------------------- */

static bool judge_error(struct judging *j)
{
	char buffer[32];

	if (j->done->error == j->step->expect.error)
		return true;
	text_add(&j->expected, "%s", scn_errno_name(j->step->expect.error, buffer));
	text_add(&j->found, "%s", scn_errno_name(j->done->error, buffer));
	return scn_judge_fail(j, SCN_EXPECT);
}

static void text_field(struct text *text, const struct scn_field_spec *spec, uint64_t value)
{
	unsigned words = 0;

	switch ((enum scn_field_type)spec->type) {
	case FIELD_WORD:
		while (spec->words[words])
			words++;
		if (value < words)
			text_add(text, "%s: %s", spec->name, spec->words[value]);
		else
			text_add(text, "%s: %" PRIu64, spec->name, value);
		break;
	case FIELD_FLAG:
		text_add(text, "%s: %s", spec->name, value ? "true" : "false");
		break;
	case FIELD_ACCESS:
		text_add(text, "%s: ", spec->name);
		text_access(text, (unsigned)value);
		break;
	case FIELD_NUMBER:
		if (value == IOASIM_NO_VPASID) {
			text_add(text, "%s: none", spec->name);
			break;
		}
		/* fallthrough */
	case FIELD_IOASID:
	case FIELD_OBJECT:
	case FIELD_COOKIE:
		text_add(text, "%s: 0x%" PRIx64, spec->name, value);
		break;
	}
}

uint64_t scn_judge_wanted(const struct judging *j, const struct scn_ref *ref)
{
	return ref->name == SCN_NONE ? ref->number : j->run->slot[ref->name].value;
}

static bool fields_hold(const struct judging *j, const struct scn_fields *fields,
			const uint64_t *values)
{
	for (unsigned i = 0; i < SCN_FIELDS; i++)
		if (fields->given >> i & 1 && scn_judge_wanted(j, &fields->value[i]) != values[i])
			return false;
	return true;
}

static void text_wanted(const struct judging *j, struct text *text,
			const struct scn_field_spec *specs, const struct scn_fields *fields)
{
	const char *separator = "{";

	for (unsigned i = 0; specs[i].name; i++) {
		if (!(fields->given >> i & 1))
			continue;
		text_add(text, "%s", separator);
		text_field(text, &specs[i], scn_judge_wanted(j, &fields->value[i]));
		separator = ", ";
	}
	text_add(text, "}");
}

static void text_values(struct text *text, const struct scn_field_spec *specs,
			const uint64_t *values)
{
	for (unsigned i = 0; specs[i].name; i++) {
		text_add(text, "%s", i ? ", " : "{");
		text_field(text, &specs[i], values[i]);
	}
	text_add(text, "}");
}

static bool judge_returns(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const struct scn_field_spec *specs;

	switch ((enum scn_returns)e->returns) {
	case SCN_RETURNS_MEMBERS:
		return scn_judge_members(j);
	case SCN_RETURNS_FIELDS:
		specs = scn_info_fields(j->step);
		if (fields_hold(j, &e->fields, j->done->field))
			return true;
		text_wanted(j, &j->expected, specs, &e->fields);
		text_values(&j->found, specs, j->done->field);
		return scn_judge_fail(j, SCN_RETURNS);
	case SCN_RETURNS_NONE:
		if (!j->done->has_value)
			return true;
		text_add(&j->expected, "none returned");
		break;
	case SCN_RETURNS_NUMBER:
		if (j->done->has_value && j->done->value == e->value)
			return true;
		text_add(&j->expected, "0x%" PRIx64 " returned", e->value);
		break;
	}
	if (j->done->has_value)
		text_add(&j->found, "0x%" PRIx64, j->done->value);
	else
		text_add(&j->found, "none");
	return scn_judge_fail(j, SCN_RETURNS);
}

/* ---- Outcomes of a DMA --------------------------------------------------------------------- */

static bool outcome_holds(const struct judging *j, const struct scn_outcome *outcome)
{
	const struct ioasim_dma_result *dma = &j->done->dma;
	ioasim_pa_t pa;

	if (outcome->kind == SCN_REACHES && j->done->reached.size)
		return scn_reached_is(j->run, &j->done->reached, outcome->process,
				      outcome->address);
	if (outcome->kind == SCN_REACHES)
		return dma->outcome == IOASIM_DMA_REACHES &&
		       ioasim_process_page(j->run->system, j->run->process[outcome->process],
					   outcome->address, &pa) == 0 &&
		       pa == dma->pa;
	if (outcome->kind == SCN_FAULT)
		return dma->outcome == IOASIM_DMA_FAULTS && outcome->classes >> dma->class & 1;
	return dma->outcome == IOASIM_DMA_PENDING;
}

static void text_outcome(const struct judging *j, struct text *text,
			 const struct scn_outcome *outcome)
{
	const char *separator = "fault ";
	ioasim_pa_t pa;

	if (outcome->kind == SCN_PENDING) {
		text_add(text, "pending, as '%s'", name_of(j, outcome->event));
		return;
	}
	if (outcome->kind == SCN_REACHES) {
		text_add(text, "reaches 0x%" PRIx64 " of %s", outcome->address,
			 j->run->scenario->processes[outcome->process].name);
		if (ioasim_process_page(j->run->system, j->run->process[outcome->process],
					outcome->address, &pa) == 0)
			text_add(text, " (pa 0x%" PRIx64 ")", pa);
		else
			text_add(text, " (which the process has not)");
		return;
	}
	if (outcome->classes == ~0u) {
		text_add(text, "fault any");
		return;
	}
	for (unsigned i = 0; scn_class_words[i]; i++) {
		if (!(outcome->classes >> i & 1))
			continue;
		text_add(text, "%s%s", separator, scn_class_words[i]);
		separator = " or ";
	}
}

static void text_dma(const struct judging *j, struct text *text)
{
	const struct ioasim_dma_result *dma = &j->done->dma;
	const struct ioasim_fault *fault = &dma->response.fault;
	const char *name;

	if (j->done->reached.size) {
		text_add(text, "%s", j->done->reached.pages ? "other pages" : "other bytes");
		return;
	}
	if (dma->outcome == IOASIM_DMA_REACHES) {
		text_add(text, "reaches pa 0x%" PRIx64, dma->pa);
		return;
	}
	if (dma->outcome == IOASIM_DMA_PENDING) {
		text_add(text, "pending, as event %u", dma->event);
		return;
	}
	text_add(text, "fault %s", scn_class_words[dma->class]);
	if (!fault->code)
		return;
	name = ioasim_fault_name(scn_archs[j->run->arch_index], fault->code);
	text_add(text, " (%s 0x%x%s%s)", scn_archs[j->run->arch_index], fault->code,
		 name ? ", " : "", name ? name : "");
}

static bool judge_outcomes(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	enum scn_expectation kind = SCN_EITHER;

	for (uint32_t i = 0; i < e->n_outcomes; i++) {
		if (!outcome_holds(j, &e->outcomes[i]))
			continue;
		if (e->outcomes[i].kind == SCN_PENDING)
			scn_bind(j->run, e->outcomes[i].event, j->done->dma.event);
		return true;
	}
	for (uint32_t i = 0; i < e->n_outcomes; i++) {
		text_add(&j->expected, "%s", i ? ", or " : "");
		text_outcome(j, &j->expected, &e->outcomes[i]);
	}
	text_dma(j, &j->found);
	if (e->n_outcomes == 1)
		kind = (enum scn_expectation)e->outcomes->kind;
	return scn_judge_fail(j, kind);
}

/* ---- What was heard ----------------------------------------------------------------------- */

/* In the order of scn_event_fields. */
static void event_values(const struct ioasim_event *event, uint64_t *values)
{
	values[0] = event->ioasid;
	values[1] = event->cookie;
	values[2] = event->address;
	values[3] = event->access;
	values[4] = event->vpasid;
	values[5] = event->last;
	values[6] = event->recoverable;
	values[7] = 0;
}

static bool judge_events(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const struct scn_heard *h = &j->run->heard;
	bool holds = h->n_events == e->n_events;
	uint64_t values[SCN_FIELDS];

	for (uint32_t i = 0; holds && i < h->n_events; i++) {
		event_values(&h->events[i], values);
		holds = fields_hold(j, &e->events[i], values);
	}
	if (holds)
		return true;
	text_add(&j->expected, "%u event%s ", e->n_events, e->n_events == 1 ? "" : "s");
	for (uint32_t i = 0; i < e->n_events; i++)
		text_wanted(j, &j->expected, scn_event_fields, &e->events[i]);
	text_add(&j->found, "%u event%s ", h->n_events, h->n_events == 1 ? "" : "s");
	for (uint32_t i = 0; i < h->n_events; i++) {
		event_values(&h->events[i], values);
		text_values(&j->found, scn_event_fields, values);
	}
	return scn_judge_fail(j, SCN_EVENTS);
}

/*
 * The classes must be found in their order among those that were heard. On amdvi the
 * entry of a PASID is dropped by the invalidation of its pages: `pasid` is fulfilled by a
 * `tlb` at or behind its place, which the next expectation may be fulfilled by as well.
 */
static bool commands_hold(const struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const struct scn_heard *h = &j->run->heard;
	bool amdvi = strcmp(scn_archs[j->run->arch_index], "amdvi") == 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < e->n_commands; i++) {
		bool shared = amdvi && e->commands[i] == IOASIM_COMMAND_PASID;
		uint8_t class = shared ? IOASIM_COMMAND_TLB : e->commands[i];

		while (at < h->n_commands && h->commands[at].class != class)
			at++;
		if (at == h->n_commands)
			return false;
		at += !shared;
	}
	return true;
}

static bool judge_commands(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const struct scn_heard *h = &j->run->heard;

	if (commands_hold(j))
		return true;
	text_add(&j->expected, "commands, others between them or not:");
	for (uint32_t i = 0; i < e->n_commands; i++)
		text_add(&j->expected, " %s", scn_command_words[e->commands[i]]);
	for (uint32_t i = 0; i < h->n_commands; i++)
		text_add(&j->found, "%s%s", i ? " " : "",
			 h->commands[i].class == IOASIM_COMMAND_OTHER
				 ? "other"
				 : scn_command_words[h->commands[i].class]);
	if (!h->n_commands)
		text_add(&j->found, "none");
	return scn_judge_fail(j, SCN_COMMANDS);
}

static bool judge_notes(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const struct scn_heard *h = &j->run->heard;
	bool holds = h->n_notes == e->n_notes;

	for (uint32_t i = 0; holds && i < h->n_notes; i++)
		holds = h->notes[i].notifier == e->notes[i].notifier &&
			h->notes[i].event == e->notes[i].event &&
			h->notes[i].id == scn_judge_wanted(j, &e->notes[i].id);
	if (holds)
		return true;
	text_add(&j->expected, "notes [");
	for (uint32_t i = 0; i < e->n_notes; i++)
		text_add(&j->expected, "%s[%s, %s, %" PRIu64 "]", i ? ", " : "",
			 name_of(j, e->notes[i].notifier), scn_note_words[e->notes[i].event],
			 scn_judge_wanted(j, &e->notes[i].id));
	text_add(&j->expected, "]");
	text_add(&j->found, "[");
	for (uint32_t i = 0; i < h->n_notes; i++)
		text_add(&j->found, "%s[%s, %s, %u]", i ? ", " : "",
			 name_of(j, h->notes[i].notifier), scn_note_words[h->notes[i].event],
			 h->notes[i].id);
	text_add(&j->found, "]");
	return scn_judge_fail(j, SCN_NOTES);
}

static bool judge_records(struct judging *j)
{
	const struct scn_field_spec *specs = scn_record_fields(j->run->scenario, j->step);
	const struct scn_expect *e = &j->step->expect;
	const struct scn_done *done = j->done;
	bool holds = done->n_records == e->n_records;

	for (uint32_t i = 0; holds && i < done->n_records; i++)
		holds = fields_hold(j, &e->records[i], done->record[i]);
	if (holds)
		return true;
	text_add(&j->expected, "%u record%s ", e->n_records, e->n_records == 1 ? "" : "s");
	for (uint32_t i = 0; i < e->n_records; i++)
		text_wanted(j, &j->expected, specs, &e->records[i]);
	text_add(&j->found, "%u record%s ", done->n_records, done->n_records == 1 ? "" : "s");
	for (uint32_t i = 0; i < done->n_records; i++)
		text_values(&j->found, specs, done->record[i]);
	return scn_judge_fail(j, SCN_RECORDS);
}

static void text_asked(const struct judging *j, struct text *text, const struct scn_asked *asked,
		       uint32_t count)
{
	text_add(text, "[");
	for (uint32_t i = 0; i < count; i++)
		text_add(text, "%s[%s, 0x%" PRIx64 ", 0x%" PRIx64 "]", i ? ", " : "",
			 j->run->scenario->devices[asked[i].device].name, asked[i].iova,
			 asked[i].size);
	text_add(text, "]");
}

static bool judge_asked(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const struct scn_heard *h = &j->run->heard;
	bool holds = h->n_asked == e->n_asked;

	for (uint32_t i = 0; holds && i < h->n_asked; i++)
		holds = h->asked[i].device == e->asked[i].device &&
			h->asked[i].iova == e->asked[i].iova &&
			h->asked[i].size == e->asked[i].size;
	if (holds)
		return true;
	text_add(&j->expected, "asked ");
	text_asked(j, &j->expected, e->asked, e->n_asked);
	text_asked(j, &j->found, h->asked, h->n_asked);
	return scn_judge_fail(j, SCN_ASKED);
}

/* ---- The hardware-ID core ------------------------------------------------------------------- */

static bool judge_state(struct judging *j)
{
	enum ioasim_hwid_state state = ioasim_hwid_state(j->run->core, j->done->id);

	if (j->done->has_id && state == j->step->expect.state)
		return true;
	text_add(&j->expected, "state %s of the ID", scn_state_words[j->step->expect.state]);
	text_add(&j->found, "%s", scn_state_words[state]);
	return scn_judge_fail(j, SCN_STATE);
}

static bool judge_refs(struct judging *j)
{
	uint32_t refs = ioasim_hwid_refs(j->run->core, j->done->id);

	if (j->done->has_id && refs == j->step->expect.refs)
		return true;
	text_add(&j->expected, "%" PRIu64 " references of the ID", j->step->expect.refs);
	text_add(&j->found, "%u", refs);
	return scn_judge_fail(j, SCN_REFS);
}

/* ---- All -------------------------------------------------------------------------------------- */

/* A rule that the step broke is a failure whatever the step expects. */
static bool judge_rules(struct judging *j)
{
	const struct ioasim_violation *v = ioasim_system_violation(j->run->system, 0);

	if (!v)
		return true;
	text_add(&j->found, "rule S%u broken: %s", v->rule, v->text);
	return false;
}

bool scn_judge(struct scn_run *run, const struct scn_step *step, const struct scn_done *done,
	       struct scn_failure *failure)
{
	static bool (*const judges[SCN_EXPECTATIONS])(struct judging *) = {
		[SCN_RETURNS] = judge_returns, [SCN_EITHER] = judge_outcomes,
		[SCN_EVENTS] = judge_events,   [SCN_COMMANDS] = judge_commands,
		[SCN_NOTES] = judge_notes,     [SCN_STATE] = judge_state,
		[SCN_REFS] = judge_refs,       [SCN_REACHES] = judge_outcomes,
		[SCN_FAULT] = judge_outcomes,  [SCN_PENDING] = judge_outcomes,
		[SCN_ASKED] = judge_asked,     [SCN_RECORDS] = judge_records,
	};
	struct judging j = {
		.run = run,
		.step = step,
		.done = done,
		.failure = failure,
		.expected = text_in(failure->expected, sizeof(failure->expected)),
		.found = text_in(failure->found, sizeof(failure->found)),
	};

	if (done->trouble[0]) {
		text_add(&j.found, "%s", done->trouble);
		return false;
	}
	if (!judge_error(&j))
		return false;
	for (unsigned kind = 0; kind < SCN_EXPECTATIONS; kind++)
		if (judges[kind] && step->expect.at[kind] && !judges[kind](&j))
			return false;
	return judge_rules(&j);
}
