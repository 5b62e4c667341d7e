/* SPDX-License-Identifier: Apache-2.0 */
/* A translation explained for programs. Addresses and words are texts in hexadecimal, since
 * they have 64 bits; the keys stand in docs/walk.md. */
#include "explain.h"

#include <inttypes.h>

/* A tree under construction: `bad` once something could not be made. */
struct building {
	bool bad;
};

static void put(struct building *b, json_t *object, const char *key, json_t *value)
{
	b->bad |= json_object_set_new(object, key, value) != 0;
}

static void add(struct building *b, json_t *array, json_t *value)
{
	b->bad |= json_array_append_new(array, value) != 0;
}

static json_t *hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* With a fraction only where there is one. */
static json_t *nanoseconds(uint64_t ps)
{
	return ps % 1000 ? json_real((double)ps / 1000) : number(ps / 1000);
}

static json_t *access_text(unsigned access)
{
	char buffer[8];
	struct text text = text_in(buffer, sizeof(buffer));

	text_access(&text, access);
	return json_string(access ? buffer : "");
}

static json_t *words_array(struct building *b, const uint64_t *words, unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++)
		add(b, array, hex(words[i]));
	return array;
}

static json_t *fields_array(struct building *b, const struct arch_field *field,
			    const uint64_t *words, unsigned count)
{
	json_t *array = json_array();

	for (; field->name; field++) {
		json_t *object = json_object();
		uint64_t value, shown;

		if (field->word >= count) {
			json_decref(object);
			continue;
		}
		value = field_get(field->high, field->low, words[field->word]);
		shown = arch_field_is_address(field)
				? field_bits(field->high, field->low, words[field->word])
				: value;
		put(b, object, "name", json_string(field->name));
		put(b, object, "value", hex(shown));
		put(b, object, "about", json_string(field->about));
		for (uint64_t i = 0; field->values && field->values[i]; i++)
			if (i == value)
				put(b, object, "means", json_string(field->values[i]));
		add(b, array, object);
	}
	return array;
}

static json_t *caches_array(struct building *b, const struct explain_caches *caches)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		json_t *object;

		if (!(caches->of[i].hits | caches->of[i].misses | caches->of[i].fills))
			continue;
		object = json_object();
		put(b, object, "cache", json_string(ioasim_cache_name(i)));
		put(b, object, "hits", number(caches->of[i].hits));
		put(b, object, "misses", number(caches->of[i].misses));
		put(b, object, "fills", number(caches->of[i].fills));
		put(b, object, "evictions", number(caches->of[i].evictions));
		add(b, array, object);
	}
	return array;
}

static void put_entry(struct building *b, json_t *object, const struct explain_step *step)
{
	static const char *const contents[] = {"empty", "pointer", "leaf", "record"};
	const struct arch_entry *entry = &step->entry;
	const struct ioasim_fetch *fetch = step->fetch;

	put(b, object, "title", json_string(entry->title));
	put(b, object, "words", words_array(b, fetch->entry, fetch->words));
	put(b, object, "fields", fields_array(b, entry->fields, fetch->entry, fetch->words));
	put(b, object, "content", json_string(contents[entry->content]));
	if (entry->content == ARCH_POINTER || entry->content == ARCH_LEAF)
		put(b, object, "next", hex(entry->next));
	if (entry->content == ARCH_LEAF)
		put(b, object, "page_lg2", number(entry->page_lg2));
	put(b, object, "user_access", access_text(entry->access[0]));
	put(b, object, "privileged_access", access_text(entry->access[1]));
}

static json_t *read_object(struct building *b, const struct explain_notes *notes, uint32_t n)
{
	struct explain_step step = explain_step(notes, n);
	const struct ioasim_fetch *fetch = step.fetch;
	json_t *object = json_object();

	put(b, object, "number", number(n + 1));
	put(b, object, "caches", caches_array(b, &notes->read[n].before));
	put(b, object, "kind", json_string(ioasim_reference_name(fetch->kind)));
	put(b, object, "level", number(fetch->level));
	put(b, object, "input_is", json_string(explain_input(notes, fetch)));
	put(b, object, "input", hex(fetch->input));
	put(b, object, "high", number(fetch->high));
	put(b, object, "low", number(fetch->low));
	put(b, object, "index", number(step.index));
	put(b, object, "entry_bytes", number(fetch->words * 8u));
	put(b, object, "table", hex(step.table));
	put(b, object, "address", hex(fetch->address));
	put(b, object, "pa", hex(fetch->pa));
	put(b, object, "bus_error", json_boolean(fetch->bus_error));
	if (!fetch->bus_error)
		put_entry(b, object, &step);
	return object;
}

static json_t *request_object(struct building *b, const struct ioasim_request *request)
{
	static const char *const kinds[] = {"untranslated", "translation_request", "translated"};
	json_t *object = json_object();

	put(b, object, "kind", json_string(kinds[request->kind]));
	put(b, object, "requester_id", number(request->requester_id));
	if (request->has_pasid)
		put(b, object, "pasid", number(request->pasid));
	put(b, object, "address", hex(request->address));
	put(b, object, "length", number(request->length));
	put(b, object, "access", access_text(request->access));
	put(b, object, "privileged", json_boolean(request->privileged));
	return object;
}

static json_t *fault_object(struct building *b, const struct ioasim_arch *arch,
			    const struct ioasim_fault *fault)
{
	static const char *const causes[] = {"other",  "blocked", "pasid",
					     "stage1", "stage2",  "permission"};
	const char *name = arch->fault_name(fault->code), *title = NULL;
	json_t *object = json_object();

	put(b, object, "code", number(fault->code));
	put(b, object, "name", name ? json_string(name) : json_null());
	put(b, object, "cause", json_string(causes[fault->cause]));
	put(b, object, "recorded", json_boolean(fault->recorded));
	put(b, object, "record", words_array(b, fault->record, fault->words));
	put(b, object, "fields",
	    fields_array(b, arch->describe_fault(fault, &title), fault->record, fault->words));
	return object;
}

static json_t *lost_array(struct building *b, const struct explain_case *what)
{
	struct explain_rights rights = explain_rights(what);
	json_t *array = json_array();

	for (unsigned right = IOASIM_READ; right <= IOASIM_EXEC; right <<= 1) {
		json_t *object;
		int at = explain_lost(what, right);

		if (!(rights.missing & right))
			continue;
		object = json_object();
		put(b, object, "right", access_text(right));
		put(b, object, "read", at < 0 ? json_null() : number((unsigned)at + 1));
		add(b, array, object);
	}
	return array;
}

static json_t *answer_object(struct building *b, const struct explain_case *what)
{
	static const char *const outcomes[] = {"ok",        "fault",     "raz_wi", "stalled",
					       "interrupt", "ats_empty", "ats_ur", "ats_ca"};
	const struct ioasim_response *r = what->response;
	json_t *object = json_object();

	put(b, object, "outcome", json_string(outcomes[r->outcome]));
	if (r->outcome == IOASIM_OK) {
		put(b, object, "pa", hex(r->pa));
		put(b, object, "page_lg2", number(r->size_lg2));
		put(b, object, "access", access_text(r->access));
	} else {
		put(b, object, "fault", fault_object(b, what->notes->unit->arch, &r->fault));
	}
	put(b, object, "rights_lost", lost_array(b, what));
	return object;
}

static json_t *cost_object(struct building *b, const struct explain_case *what)
{
	struct explain_sums sums = explain_sums(what);
	json_t *object = json_object(), *kinds = json_object();

	put(b, object, "references", number(sums.all));
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		put(b, kinds, ioasim_reference_name(kind), number(sums.kind[kind]));
	put(b, object, "by_kind", kinds);
	put(b, object, "page_tables", number(sums.tables));
	put(b, object, "memory_ns", nanoseconds(what->memory_ps));
	put(b, object, "walk_ns", nanoseconds(sums.all * what->memory_ps));
	put(b, object, "flag_updates", number(what->response->cost.flag_updates));
	return object;
}

json_t *explain_json(const struct explain_case *what)
{
	struct building b = {false};
	json_t *object = json_object(), *reads = json_array();

	for (uint32_t i = 0; i < what->notes->count; i++)
		add(&b, reads, read_object(&b, what->notes, i));
	put(&b, object, "title", json_string(what->title));
	put(&b, object, "arch", json_string(what->notes->unit->arch->name));
	put(&b, object, "request", request_object(&b, what->request));
	put(&b, object, "reads", reads);
	put(&b, object, "caches_after", caches_array(&b, &what->notes->after));
	put(&b, object, "answer", answer_object(&b, what));
	put(&b, object, "cost", cost_object(&b, what));
	if (what->label)
		put(&b, object, what->label, json_string(what->other));
	if (!b.bad && !what->notes->lost)
		return object;
	json_decref(object);
	return NULL;
}
