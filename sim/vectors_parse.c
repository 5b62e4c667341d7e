/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents into vectors. Whatever is not known, is doubled, lacks or contradicts is
 * an error, so that no vector can pass for want of judging.
 */
#include "vectors.h"

#include <errno.h>
#include <string.h>

struct parse {
	struct ytree *tree;
	struct arena *arena;
};

static void *get(struct parse *p, size_t count, size_t size)
{
	void *memory = arena_get(p->arena, count ? count : 1, size);

	if (memory)
		memset(memory, 0, (count ? count : 1) * size);
	else
		ytree_fail(p->tree, NULL, "no memory");
	return memory;
}

/* ---- Pieces ---------------------------------------------------------------------- */

/* Letters of "rwx", each at most once, in any order. */
static int parse_access(struct parse *p, const struct ytree_node *node, uint8_t *access)
{
	static const char letters[] = "rwx";
	const char *text;

	*access = 0;
	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	for (; *text; text++) {
		const char *found = strchr(letters, *text);
		uint8_t bit = found ? (uint8_t)(1u << (found - letters)) : 0;

		if (!bit || (*access & bit))
			return ytree_fail(p->tree, node, "%s: '%.16s', expected letters of rwx",
					  node->key ? node->key : "access", node->text);
		*access |= bit;
	}
	return 0;
}

static int parse_field(struct parse *p, const struct ytree_node *map, const char *key, uint64_t max,
		       uint64_t *value)
{
	const struct ytree_node *node = ytree_get(map, key);

	*value = 0;
	return node ? ytree_range(p->tree, node, 0, max, value) : 0;
}

static int parse_flag(struct parse *p, const struct ytree_node *map, const char *key, bool *flag)
{
	uint64_t value;

	if (parse_field(p, map, key, 1, &value))
		return -EINVAL;
	*flag = value;
	return 0;
}

/* rid, pasid: of every step that has a device. */
static int parse_device(struct parse *p, const struct ytree_node *map, uint32_t *rid,
			uint32_t *pasid)
{
	const struct ytree_node *node;
	uint64_t value;

	if (ytree_need(p->tree, map, "rid", &node) ||
	    ytree_range(p->tree, node, 0, UINT32_MAX, &value))
		return -EINVAL;
	*rid = (uint32_t)value;
	if (parse_field(p, map, "pasid", IOASIM_PASID_MAX, &value))
		return -EINVAL;
	*pasid = (uint32_t)value;
	return 0;
}

static int parse_address(struct parse *p, const struct ytree_node *map, uint64_t *address)
{
	const struct ytree_node *node;

	if (ytree_need(p->tree, map, "addr", &node))
		return -EINVAL;
	return ytree_u64(p->tree, node, address);
}

/* A list of `min` to `max` numbers. */
static int parse_numbers(struct parse *p, const struct ytree_node *list, unsigned min, unsigned max,
			 uint64_t *values)
{
	unsigned i = 0;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (list->count < min || list->count > max)
		return ytree_fail(p->tree, list, "list of %u numbers, expected %u to %u",
				  list->count, min, max);
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (ytree_u64(p->tree, n, &values[i++]))
			return -EINVAL;
	return 0;
}

/* A list of pairs of numbers. */
static int parse_pairs(struct parse *p, const struct ytree_node *list, struct vec_pair **pairs,
		       uint32_t *count)
{
	uint64_t two[2];
	uint32_t i = 0;

	*count = 0;
	if (!list)
		return 0;
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	*pairs = get(p, list->count, sizeof(**pairs));
	if (!*pairs)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		if (parse_numbers(p, n, 2, 2, two))
			return -EINVAL;
		(*pairs)[i++] = (struct vec_pair){two[0], two[1]};
	}
	*count = i;
	return 0;
}

/* ---- Answers ----------------------------------------------------------------------- */

static int parse_fault(struct parse *p, const struct ytree_node *node, bool none,
		       struct vec_answer *answer)
{
	uint64_t code;

	if (!node)
		return 0;
	if (node->kind == YTREE_SCALAR && strcmp(node->text, "any") == 0) {
		answer->fault = VEC_FAULT_ANY;
		return 0;
	}
	if (none && node->kind == YTREE_SCALAR && strcmp(node->text, "none") == 0) {
		answer->fault = VEC_FAULT_NONE;
		return 0;
	}
	if (ytree_range(p->tree, node, 0, UINT32_MAX, &code))
		return -EINVAL;
	answer->fault = VEC_FAULT_CODE;
	answer->code = (uint32_t)code;
	return 0;
}

static int parse_reply(struct parse *p, const struct ytree_node *node, enum vec_kind kind,
		       struct vec_answer *answer)
{
	static const char *const ats[] = {"empty", "ur", "ca", NULL};
	static const char *const pri[] = {"success", "invalid", "failure", NULL};
	unsigned index;

	if (!node)
		return 0;
	if (ytree_choice(p->tree, node, kind == VEC_ATS ? ats : pri, &index))
		return -EINVAL;
	answer->reply = (uint8_t)(index + (kind == VEC_ATS ? VEC_REPLY_EMPTY : VEC_REPLY_SUCCESS));
	return 0;
}

static int parse_end(struct parse *p, const struct ytree_node *node, struct vec_answer *answer)
{
	static const char *const ends[] = {"abort", "razwi", NULL};
	unsigned index;

	if (!node)
		return 0;
	if (ytree_choice(p->tree, node, ends, &index))
		return -EINVAL;
	answer->end = (uint8_t)(index + VEC_END_ABORT);
	return 0;
}

static int parse_record(struct parse *p, const struct ytree_node *node, struct vec_answer *answer)
{
	if (!node)
		return 0;
	if (parse_numbers(p, node, 1, 4, answer->record))
		return -EINVAL;
	answer->words = (uint8_t)node->count;
	return 0;
}

static int parse_place(struct parse *p, const struct ytree_node *map, struct vec_answer *answer)
{
	const struct ytree_node *pa = ytree_get(map, "pa");
	const struct ytree_node *size = ytree_get(map, "size");
	const struct ytree_node *perm = ytree_get(map, "perm");

	answer->has_pa = pa;
	answer->has_size = size;
	answer->has_perm = perm;
	if (pa && ytree_u64(p->tree, pa, &answer->pa))
		return -EINVAL;
	if (size && ytree_range(p->tree, size, 1, UINT64_MAX, &answer->size))
		return -EINVAL;
	if (size && (answer->size & (answer->size - 1)))
		return ytree_fail(p->tree, size, "size: '%s', expected a power of two", size->text);
	if (perm && parse_access(p, perm, &answer->perm))
		return -EINVAL;
	return 0;
}

/* Do the keys of an answer go together, and is there one to judge? */
static int check_answer(struct parse *p, const struct ytree_node *map, enum vec_kind kind,
			const struct vec_answer *a)
{
	bool refused = a->fault == VEC_FAULT_CODE || a->fault == VEC_FAULT_ANY;
	unsigned outcomes = (unsigned)a->has_pa + (unsigned)a->has_stall +
			    (unsigned)(refused || a->end || a->reply || a->fault);

	if (kind == VEC_ATS && a->has_pa && a->fault == VEC_FAULT_NONE)
		outcomes = 1 + (a->reply != 0);
	if (outcomes != 1 && kind != VEC_PAGE_REQUEST)
		return ytree_fail(p->tree, map, "%s outcomes, expected exactly one",
				  outcomes ? "several" : "no");
	if ((a->has_size || a->has_perm) && !a->has_pa)
		return ytree_fail(p->tree, map, "size or perm without pa, expected pa beside it");
	if (a->words && a->fault != VEC_FAULT_CODE)
		return ytree_fail(p->tree, map, "record without fault, expected a fault code");
	return 0;
}

static int parse_answer(struct parse *p, const struct ytree_node *map, enum vec_kind kind,
			struct vec_answer *answer)
{
	const struct ytree_node *stall = ytree_get(map, "stall");
	uint64_t tag;

	if (parse_place(p, map, answer) ||
	    parse_fault(p, ytree_get(map, "fault"), kind != VEC_DMA, answer) ||
	    parse_record(p, ytree_get(map, "record"), answer) ||
	    parse_end(p, ytree_get(map, "end"), answer) ||
	    parse_reply(p, ytree_get(map, "reply"), kind, answer))
		return -EINVAL;
	if (stall) {
		if (ytree_range(p->tree, stall, 0, UINT16_MAX, &tag))
			return -EINVAL;
		answer->has_stall = true;
		answer->stall = (uint16_t)tag;
	}
	return check_answer(p, map, kind, answer);
}

/* The outcomes beside a request, or those of its `either`. */
static int parse_answers(struct parse *p, const struct ytree_node *map, struct vec_step *step)
{
	static const char *const dma_keys[] = {"pa",     "size", "perm",  "fault",
					       "record", "end",  "stall", NULL};
	static const char *const ats_keys[] = {"pa", "size", "perm", "fault", "reply", NULL};
	const char *const *keys = step->kind == VEC_DMA ? dma_keys : ats_keys;
	const struct ytree_node *either = ytree_get(map, "either");
	struct vec_answer *answers = get(p, either ? either->count : 1, sizeof(*answers));

	if (!answers)
		return -ENOMEM;
	step->dma_answers = answers;
	if (!either) {
		step->count = 1;
		return parse_answer(p, map, step->kind, answers);
	}
	for (const char *const *key = keys; *key; key++)
		if (ytree_get(map, *key))
			return ytree_fail(p->tree, ytree_get(map, *key),
					  "%s beside either, expected it inside", *key);
	if (ytree_want(p->tree, either, YTREE_LIST))
		return -EINVAL;
	if (!either->count)
		return ytree_fail(p->tree, either, "either: empty, expected outcomes");
	for (const struct ytree_node *n = either->first; n; n = n->next)
		if (ytree_known(p->tree, n, keys) ||
		    parse_answer(p, n, step->kind, &answers[step->count++]))
			return -EINVAL;
	return 0;
}

/* ---- Steps --------------------------------------------------------------------------- */

/* A step with the key that names it, and its value. */
struct step_source {
	const struct ytree_node *map, *value;
	unsigned variant; /* of several keys of a kind: w32 and w64 */
};

static int parse_register(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	unsigned bits = s->variant ? 64 : 32;
	uint64_t top = s->variant ? UINT64_MAX : UINT32_MAX;
	uint64_t v[3] = {0, 0, UINT64_MAX};

	if (parse_numbers(p, s->value, 2, step->kind == VEC_READ ? 3 : 2, v))
		return -EINVAL;
	if (v[0] > UINT32_MAX || v[0] % (bits / 8))
		return ytree_fail(p->tree, s->value,
				  "offset 0x%llx, expected one aligned to %u bits",
				  (unsigned long long)v[0], bits);
	if (v[1] > top || (s->value->count == 3 && v[2] > top))
		return ytree_fail(p->tree, s->value, "value beyond %u bits", bits);
	step->size = (uint8_t)(bits / 8);
	step->address = v[0];
	step->value = v[1];
	step->mask = v[2] & top;
	return 0;
}

static int parse_memory(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	uint64_t v[3] = {0, 0, UINT64_MAX};

	if (parse_numbers(p, s->value, 2, step->kind == VEC_LOAD ? 3 : 2, v))
		return -EINVAL;
	step->address = v[0];
	step->value = v[1];
	step->mask = v[2];
	return 0;
}

static int parse_request(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	struct ioasim_request *r = &step->request;
	bool exec, translated;
	uint64_t length;

	if (parse_access(p, s->value, &r->access) ||
	    parse_device(p, s->map, &r->requester_id, &r->pasid) ||
	    parse_address(p, s->map, &r->address) ||
	    parse_flag(p, s->map, "priv", &r->privileged) || parse_flag(p, s->map, "exec", &exec) ||
	    parse_flag(p, s->map, "translated", &translated) ||
	    parse_field(p, s->map, "len", UINT32_MAX, &length))
		return -EINVAL;
	if (r->access & IOASIM_EXEC || !r->access)
		return ytree_fail(p->tree, s->value, "%s: '%s', expected r, w or rw", s->value->key,
				  s->value->text);
	r->has_pasid = ytree_get(s->map, "pasid") != NULL;
	r->length = length ? (uint32_t)length : 1;
	r->kind = translated ? IOASIM_TRANSLATED : IOASIM_UNTRANSLATED;
	if (step->kind == VEC_ATS) {
		r->kind = IOASIM_TRANSLATION_REQUEST;
		/* `ats: w` is a request without the no-write flag. */
		if (r->access & IOASIM_WRITE)
			r->access |= IOASIM_READ;
	}
	if (exec)
		r->access |= IOASIM_EXEC;
	return parse_answers(p, s->map, step);
}

static int parse_page_request(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	struct ioasim_page_request *r = &step->page_request;
	struct vec_answer *answer = get(p, 1, sizeof(*answer));
	uint64_t group;
	bool exec;

	if (!answer)
		return -ENOMEM;
	if (parse_access(p, s->value, &r->access) ||
	    parse_device(p, s->map, &r->requester_id, &r->pasid) ||
	    parse_address(p, s->map, &r->address) ||
	    parse_flag(p, s->map, "priv", &r->privileged) || parse_flag(p, s->map, "exec", &exec) ||
	    parse_flag(p, s->map, "last", &r->last) ||
	    parse_field(p, s->map, "group", 0x1ff, &group) ||
	    parse_answer(p, s->map, VEC_PAGE_REQUEST, answer))
		return -EINVAL;
	r->group = (uint16_t)group;
	r->has_pasid = ytree_get(s->map, "pasid") != NULL;
	if (exec)
		r->access |= IOASIM_EXEC;
	step->page_answer = answer;
	step->count = answer->fault || answer->reply;
	return 0;
}

static int parse_responses(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	static const char *const keys[] = {"rid", "pasid", "group", "code", NULL};
	static const char *const codes[] = {"success", "invalid", "failure", NULL};
	static const uint8_t code_values[] = {IOASIM_PAGE_SUCCESS, IOASIM_PAGE_INVALID,
					      IOASIM_PAGE_FAILURE};
	struct ioasim_page_response *r;

	if (ytree_want(p->tree, s->value, YTREE_LIST))
		return -EINVAL;
	step->responses = r = get(p, s->value->count, sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (const struct ytree_node *n = s->value->first; n; n = n->next, r++) {
		const struct ytree_node *code, *group;
		unsigned index;
		uint64_t value;

		if (ytree_known(p->tree, n, keys) ||
		    parse_device(p, n, &r->requester_id, &r->pasid) ||
		    ytree_need(p->tree, n, "group", &group) ||
		    ytree_range(p->tree, group, 0, 0x1ff, &value) ||
		    ytree_need(p->tree, n, "code", &code) ||
		    ytree_choice(p->tree, code, codes, &index))
			return -EINVAL;
		r->has_pasid = ytree_get(n, "pasid") != NULL;
		r->group = (uint16_t)value;
		r->code = code_values[index];
	}
	step->count = s->value->count;
	return 0;
}

static int parse_resumed(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	static const char *const keys[] = {"tag", "pa", "fault", "end", NULL};
	struct vec_resumed *r;

	if (ytree_want(p->tree, s->value, YTREE_LIST))
		return -EINVAL;
	step->resumed = r = get(p, s->value->count, sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (const struct ytree_node *n = s->value->first; n; n = n->next, r++) {
		const struct ytree_node *tag;
		uint64_t value;

		if (ytree_known(p->tree, n, keys) || ytree_need(p->tree, n, "tag", &tag) ||
		    ytree_range(p->tree, tag, 0, UINT16_MAX, &value) ||
		    parse_answer(p, n, VEC_DMA, &r->answer))
			return -EINVAL;
		r->tag = (uint16_t)value;
	}
	step->count = s->value->count;
	return 0;
}

static int parse_interrupts(struct parse *p, const struct step_source *s, struct vec_step *step)
{
	struct vec_interrupt *interrupts;
	struct vec_pair *pairs;

	if (ytree_want(p->tree, s->value, YTREE_LIST) ||
	    parse_pairs(p, s->value, &pairs, &step->count))
		return -EINVAL;
	step->interrupts = interrupts = get(p, step->count, sizeof(*interrupts));
	if (!interrupts)
		return -ENOMEM;
	for (uint32_t i = 0; i < step->count; i++) {
		if (pairs[i].second > UINT32_MAX)
			return ytree_fail(p->tree, s->value, "data beyond 32 bits");
		interrupts[i].address = pairs[i].first;
		interrupts[i].data = (uint32_t)pairs[i].second;
	}
	return 0;
}

struct step_kind {
	const char *key;
	enum vec_kind kind;
	unsigned variant;
	int (*parse)(struct parse *p, const struct step_source *source, struct vec_step *step);
	const char *const *keys; /* allowed beside it and itself */
};

#define KEYS(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static const struct step_kind step_kinds[] = {
	{"w32", VEC_WRITE, 0, parse_register, KEYS("w32")},
	{"w64", VEC_WRITE, 1, parse_register, KEYS("w64")},
	{"r32", VEC_READ, 0, parse_register, KEYS("r32")},
	{"r64", VEC_READ, 1, parse_register, KEYS("r64")},
	{"mw64", VEC_STORE, 0, parse_memory, KEYS("mw64")},
	{"mr64", VEC_LOAD, 0, parse_memory, KEYS("mr64")},
	{"dma", VEC_DMA, 0, parse_request,
	 KEYS("dma", "rid", "pasid", "addr", "priv", "exec", "len", "translated", "pa", "fault",
	      "record", "size", "perm", "either", "stall", "end")},
	{"ats", VEC_ATS, 0, parse_request,
	 KEYS("ats", "rid", "pasid", "addr", "priv", "exec", "pa", "fault", "size", "perm", "reply",
	      "either")},
	{"pri", VEC_PAGE_REQUEST, 0, parse_page_request,
	 KEYS("pri", "rid", "pasid", "addr", "priv", "exec", "group", "last", "fault", "reply")},
	{"prg", VEC_PAGE_RESPONSES, 0, parse_responses, KEYS("prg")},
	{"resumed", VEC_RESUMED, 0, parse_resumed, KEYS("resumed")},
	{"msi", VEC_INTERRUPTS, 0, parse_interrupts, KEYS("msi")},
};

#define STEP_KINDS (sizeof(step_kinds) / sizeof(step_kinds[0]))

static int parse_step(struct parse *p, const struct ytree_node *map, struct vec_step *step)
{
	const struct step_kind *kind = NULL;
	struct step_source source = {.map = map};

	if (ytree_want(p->tree, map, YTREE_MAP))
		return -EINVAL;
	for (unsigned i = 0; i < STEP_KINDS; i++) {
		const struct ytree_node *value = ytree_get(map, step_kinds[i].key);

		if (!value)
			continue;
		if (kind)
			return ytree_fail(p->tree, map, "step is both %s and %s, expected one",
					  kind->key, step_kinds[i].key);
		kind = &step_kinds[i];
		source.value = value;
	}
	if (!kind)
		return ytree_fail(p->tree, map,
				  "unknown step '%.32s', expected one of w32 w64 r32 "
				  "r64 mw64 mr64 dma ats pri prg resumed msi",
				  map->first ? map->first->key : "");
	source.variant = kind->variant;
	step->kind = (uint8_t)kind->kind;
	step->line = map->line;
	step->column = map->column;
	if (ytree_known(p->tree, map, kind->keys))
		return -EINVAL;
	return kind->parse(p, &source, step);
}

/* ---- The document ---------------------------------------------------------------------- */

static int parse_config(struct parse *p, const struct ytree_node *map, struct vector *vector)
{
	uint32_t i = 0;

	if (!map)
		return 0;
	if (ytree_want(p->tree, map, YTREE_MAP))
		return -EINVAL;
	vector->config = get(p, map->count, sizeof(*vector->config));
	if (!vector->config)
		return -ENOMEM;
	for (const struct ytree_node *n = map->first; n; n = n->next, i++) {
		vector->config[i].name = n->key;
		if (ytree_u64(p->tree, n, &vector->config[i].value))
			return -EINVAL;
	}
	vector->n_config = i;
	return 0;
}

static int parse_steps(struct parse *p, const struct ytree_node *list, struct vector *vector)
{
	uint32_t i = 0;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!list->count)
		return ytree_fail(p->tree, list, "steps: empty, expected steps");
	vector->steps = get(p, list->count, sizeof(*vector->steps));
	if (!vector->steps)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (parse_step(p, n, &vector->steps[i++]))
			return -EINVAL;
	vector->n_steps = i;
	return 0;
}

static int parse_head(struct parse *p, const struct ytree_node *map, struct vector *vector)
{
	static const char *const bases[] = {"qemu", "spec", NULL};
	const struct ytree_node *name, *arch;
	const struct ytree_node *basis = ytree_get(map, "basis");
	const struct ytree_node *about = ytree_get(map, "about");
	const char *text;
	unsigned index;

	if (ytree_need(p->tree, map, "name", &name) || ytree_string(p->tree, name, &text) ||
	    ytree_need(p->tree, map, "arch", &arch) || ytree_string(p->tree, arch, &vector->arch))
		return -EINVAL;
	if (about && ytree_string(p->tree, about, &vector->about))
		return -EINVAL;
	if (basis && ytree_choice(p->tree, basis, bases, &index))
		return -EINVAL;
	vector->basis = basis ? bases[index] : NULL;
	return 0;
}

int vec_parse(struct ytree *tree, const struct ytree_node *document, struct arena *arena,
	      struct vector *vector)
{
	static const char *const keys[] = {"name", "arch",  "basis", "about", "config",
					   "mem",  "abort", "steps", NULL};
	struct parse p = {.tree = tree, .arena = arena};
	const struct ytree_node *name = ytree_get(document, "name");
	const struct ytree_node *steps;

	memset(vector, 0, sizeof(*vector));
	vector->name = name && name->kind == YTREE_SCALAR ? name->text : "(unnamed)";
	vector->line = document->line;
	if (ytree_known(tree, document, keys) || parse_head(&p, document, vector) ||
	    parse_config(&p, ytree_get(document, "config"), vector) ||
	    parse_pairs(&p, ytree_get(document, "mem"), &vector->words, &vector->n_words) ||
	    parse_pairs(&p, ytree_get(document, "abort"), &vector->aborts, &vector->n_aborts) ||
	    ytree_need(tree, document, "steps", &steps) || parse_steps(&p, steps, vector))
		return -EINVAL;
	return 0;
}
