/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents into vectors. Whatever is not known, is doubled, lacks or contradicts is
 * an error, so that no vector can pass for want of judging.
 */
#include "vectors_parse.h"

#include <errno.h>
#include <string.h>

/* ---- Steps --------------------------------------------------------------------------- */

/* A step with the key that names it, and its value. */
struct step_source {
	const struct ytree_node *map, *value;
	unsigned variant; /* of several keys of a kind: w32 and w64 */
};

static int parse_register(struct vec_parser *p, const struct step_source *s, struct vec_step *step)
{
	unsigned bits = s->variant ? 64 : 32;
	uint64_t top = s->variant ? UINT64_MAX : UINT32_MAX;
	uint64_t v[3] = {0, 0, UINT64_MAX};

	if (vec_parse_numbers(p, s->value, 2, step->kind == VEC_READ ? 3 : 2, v))
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

static int parse_memory(struct vec_parser *p, const struct step_source *s, struct vec_step *step)
{
	uint64_t v[3] = {0, 0, UINT64_MAX};

	if (vec_parse_numbers(p, s->value, 2, step->kind == VEC_LOAD ? 3 : 2, v))
		return -EINVAL;
	step->address = v[0];
	step->value = v[1];
	step->mask = v[2];
	return 0;
}

static int parse_request(struct vec_parser *p, const struct step_source *s, struct vec_step *step)
{
	struct ioasim_request *r = &step->request;
	bool exec, translated;
	uint64_t length;

	if (vec_parse_access(p, s->value, &r->access) ||
	    vec_parse_device(p, s->map, &r->requester_id, &r->pasid) ||
	    vec_parse_address(p, s->map, &r->address) ||
	    vec_parse_flag(p, s->map, "priv", &r->privileged) ||
	    vec_parse_flag(p, s->map, "exec", &exec) ||
	    vec_parse_flag(p, s->map, "translated", &translated) ||
	    vec_parse_field(p, s->map, "len", UINT64_MAX, &length))
		return -EINVAL;
	if (r->access & IOASIM_EXEC || !r->access)
		return ytree_fail(p->tree, s->value, "%s: '%s', expected r, w or rw", s->value->key,
				  s->value->text);
	r->has_pasid = ytree_get(s->map, "pasid") != NULL;
	if (ytree_get(s->map, "len") && length == 0)
		return ytree_fail(p->tree, ytree_get(s->map, "len"), "len: 0, expected 1 or more");
	/* Only the page of the address is translated: what is longer is as good as long. */
	r->length = length > UINT32_MAX ? UINT32_MAX : length ? (uint32_t)length : 1;
	r->kind = translated ? IOASIM_TRANSLATED : IOASIM_UNTRANSLATED;
	if (step->kind == VEC_ATS) {
		r->kind = IOASIM_TRANSLATION_REQUEST;
		/* `ats: w` is a request without the no-write flag. */
		if (r->access & IOASIM_WRITE)
			r->access |= IOASIM_READ;
	}
	if (exec)
		r->access |= IOASIM_EXEC;
	return vec_parse_answers(p, s->map, step);
}

static int parse_page_request(struct vec_parser *p, const struct step_source *s,
			      struct vec_step *step)
{
	struct ioasim_page_request *r = &step->page_request;
	struct vec_answer *answer = vec_get(p, 1, sizeof(*answer));
	uint64_t group;
	bool exec;

	if (!answer)
		return -ENOMEM;
	if (vec_parse_access(p, s->value, &r->access) ||
	    vec_parse_device(p, s->map, &r->requester_id, &r->pasid) ||
	    vec_parse_address(p, s->map, &r->address) ||
	    vec_parse_flag(p, s->map, "priv", &r->privileged) ||
	    vec_parse_flag(p, s->map, "exec", &exec) ||
	    vec_parse_flag(p, s->map, "last", &r->last) ||
	    vec_parse_field(p, s->map, "group", 0x1ff, &group) ||
	    vec_parse_answer(p, s->map, VEC_PAGE_REQUEST, answer))
		return -EINVAL;
	r->group = (uint16_t)group;
	r->has_pasid = ytree_get(s->map, "pasid") != NULL;
	if (exec)
		r->access |= IOASIM_EXEC;
	step->page_answer = answer;
	step->count = answer->fault || answer->reply;
	return 0;
}

static int parse_responses(struct vec_parser *p, const struct step_source *s, struct vec_step *step)
{
	static const char *const keys[] = {"rid", "pasid", "group", "code", NULL};
	static const char *const codes[] = {"success", "invalid", "failure", NULL};
	static const uint8_t code_values[] = {IOASIM_PAGE_SUCCESS, IOASIM_PAGE_INVALID,
					      IOASIM_PAGE_FAILURE};
	struct ioasim_page_response *r;

	if (ytree_want(p->tree, s->value, YTREE_LIST))
		return -EINVAL;
	step->responses = r = vec_get(p, s->value->count, sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (const struct ytree_node *n = s->value->first; n; n = n->next, r++) {
		const struct ytree_node *code, *group;
		unsigned index;
		uint64_t value;

		if (ytree_known(p->tree, n, keys) ||
		    vec_parse_device(p, n, &r->requester_id, &r->pasid) ||
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

static int parse_resumed(struct vec_parser *p, const struct step_source *s, struct vec_step *step)
{
	static const char *const keys[] = {"tag", "pa", "fault", "end", NULL};
	struct vec_resumed *r;

	if (ytree_want(p->tree, s->value, YTREE_LIST))
		return -EINVAL;
	step->resumed = r = vec_get(p, s->value->count, sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (const struct ytree_node *n = s->value->first; n; n = n->next, r++) {
		const struct ytree_node *tag;
		uint64_t value;

		if (ytree_known(p->tree, n, keys) || ytree_need(p->tree, n, "tag", &tag) ||
		    ytree_range(p->tree, tag, 0, UINT16_MAX, &value) ||
		    vec_parse_answer(p, n, VEC_DMA, &r->answer))
			return -EINVAL;
		r->tag = (uint16_t)value;
	}
	step->count = s->value->count;
	return 0;
}

static int parse_interrupts(struct vec_parser *p, const struct step_source *s,
			    struct vec_step *step)
{
	struct vec_interrupt *interrupts;
	struct vec_pair *pairs;

	if (ytree_want(p->tree, s->value, YTREE_LIST) ||
	    vec_parse_pairs(p, s->value, &pairs, &step->count))
		return -EINVAL;
	step->interrupts = interrupts = vec_get(p, step->count, sizeof(*interrupts));
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
	int (*parse)(struct vec_parser *p, const struct step_source *source, struct vec_step *step);
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

static int parse_step(struct vec_parser *p, const struct ytree_node *map, struct vec_step *step)
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

static int parse_config(struct vec_parser *p, const struct ytree_node *map, struct vector *vector)
{
	uint32_t i = 0;

	if (!map)
		return 0;
	if (ytree_want(p->tree, map, YTREE_MAP))
		return -EINVAL;
	vector->config = vec_get(p, map->count, sizeof(*vector->config));
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

static int parse_steps(struct vec_parser *p, const struct ytree_node *list, struct vector *vector)
{
	uint32_t i = 0;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!list->count)
		return ytree_fail(p->tree, list, "steps: empty, expected steps");
	vector->steps = vec_get(p, list->count, sizeof(*vector->steps));
	if (!vector->steps)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (parse_step(p, n, &vector->steps[i++]))
			return -EINVAL;
	vector->n_steps = i;
	return 0;
}

static int parse_head(struct vec_parser *p, const struct ytree_node *map, struct vector *vector)
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
	struct vec_parser p = {.tree = tree, .arena = arena};
	const struct ytree_node *name = ytree_get(document, "name");
	const struct ytree_node *steps;

	memset(vector, 0, sizeof(*vector));
	vector->name = name && name->kind == YTREE_SCALAR ? name->text : "(unnamed)";
	vector->line = document->line;
	if (ytree_known(tree, document, keys) || parse_head(&p, document, vector) ||
	    parse_config(&p, ytree_get(document, "config"), vector) ||
	    vec_parse_pairs(&p, ytree_get(document, "mem"), &vector->words, &vector->n_words) ||
	    vec_parse_pairs(&p, ytree_get(document, "abort"), &vector->aborts, &vector->n_aborts) ||
	    ytree_need(tree, document, "steps", &steps) || parse_steps(&p, steps, vector))
		return -EINVAL;
	return 0;
}
