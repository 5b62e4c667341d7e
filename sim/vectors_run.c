/* SPDX-License-Identifier: Apache-2.0 */
/* Runs vectors against units, through the library's public interface alone. */
#include "vectors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((format(printf, 2, 3))) bool fail(struct vec_failure *failure,
						       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure->found, sizeof(failure->found), format, args);
	va_end(args);
	return false;
}

int vec_runner_init(struct vec_runner *runner, enum caches caches)
{
	int err;

	*runner = (struct vec_runner){.caches = caches};
	runner->memory = ioasim_memory_create();
	if (!runner->memory)
		return -ENOMEM;
	err = ioasim_memory_add_ram(runner->memory, 0, UINT64_C(1) << IOASIM_PA_BITS);
	if (err)
		vec_runner_fini(runner);
	return err;
}

void vec_runner_fini(struct vec_runner *runner)
{
	ioasim_memory_destroy(runner->memory);
	runner->memory = NULL;
}

/* ---- Listening ----------------------------------------------------------------- */

/* Room for one more item; NULL, and `lost`, without memory. */
static void *grow(struct vec_heard *heard, void **items, uint32_t count, uint32_t *room,
		  size_t size)
{
	if (count == *room) {
		uint32_t more = *room ? 2 * *room : 16;
		void *grown = realloc(*items, more * size);

		if (!grown) {
			heard->lost = true;
			return NULL;
		}
		*items = grown;
		*room = more;
	}
	return (char *)*items + count * size;
}

static void on_response(void *opaque, const struct ioasim_page_response *response)
{
	struct vec_heard *h = &((struct vec_run *)opaque)->heard;
	void *items = h->responses;
	struct ioasim_page_response *place =
		grow(h, &items, h->n_responses, &h->room_responses, sizeof(*place));

	h->responses = items;
	if (!place)
		return;
	*place = *response;
	h->n_responses++;
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct vec_heard *h = &((struct vec_run *)opaque)->heard;
	void *items = h->interrupts;
	struct vec_interrupt *place =
		grow(h, &items, h->n_interrupts, &h->room_interrupts, sizeof(*place));

	h->interrupts = items;
	if (!place)
		return;
	*place = (struct vec_interrupt){.address = address, .data = data};
	h->n_interrupts++;
}

static void on_resumed(void *opaque, uint16_t tag, const struct ioasim_response *response)
{
	struct vec_heard *h = &((struct vec_run *)opaque)->heard;
	void *items = h->ends;
	struct vec_heard_end *place;

	/* A retry that stalls again is still waiting. */
	if (response->outcome == IOASIM_STALLED)
		return;
	place = grow(h, &items, h->n_ends, &h->room_ends, sizeof(*place));
	h->ends = items;
	if (!place)
		return;
	*place = (struct vec_heard_end){.tag = tag, .response = *response};
	h->n_ends++;
}

static void on_fetch(void *opaque, const struct ioasim_fetch *fetch)
{
	const struct vec_runner *runner = ((struct vec_run *)opaque)->runner;

	runner->fetch(runner->opaque, fetch);
}

/* ---- Beginning and end ------------------------------------------------------------ */

static bool configure(struct vec_run *run, struct vec_failure *failure)
{
	const struct vector *vector = run->vector;
	struct ioasim_unit_config *config = &run->config;

	if (ioasim_unit_config_init(config, vector->arch) != 0)
		return fail(failure, "architecture '%.32s' is not in this build", vector->arch);
	for (uint32_t i = 0; i < vector->n_config; i++)
		if (ioasim_unit_config_set(config, vector->config[i].name,
					   vector->config[i].value) != 0)
			return fail(failure, "config: unknown key '%.32s' for %s",
				    vector->config[i].name, vector->arch);
	caches_set(config, run->runner->caches);
	config->callbacks = (struct ioasim_unit_callbacks){
		.interrupt = on_interrupt,
		.page_response = on_response,
		.resumed = on_resumed,
		.fetch = run->runner->fetch ? on_fetch : NULL,
	};
	config->opaque = run;
	return true;
}

static bool fill_memory(struct vec_run *run, struct vec_failure *failure)
{
	const struct vector *vector = run->vector;
	struct ioasim_memory *memory = run->runner->memory;

	ioasim_memory_clear(memory);
	ioasim_memory_clear_aborts(memory);
	for (uint32_t i = 0; i < vector->n_words; i++) {
		const struct vec_pair *word = &vector->words[i];

		if (ioasim_memory_write64(memory, word->first, word->second) != 0)
			return fail(failure,
				    "mem: cannot store at 0x%" PRIx64
				    ", expected an aligned address below 2^%d",
				    word->first, IOASIM_PA_BITS);
	}
	for (uint32_t i = 0; i < vector->n_aborts; i++) {
		const struct vec_pair *range = &vector->aborts[i];

		if (ioasim_memory_abort(memory, range->first, range->second) != 0)
			return fail(failure, "abort: range 0x%" PRIx64 "..0x%" PRIx64 " refused",
				    range->first, range->second);
	}
	return true;
}

bool vec_run_begin(struct vec_run *run, struct vec_runner *runner, const struct vector *vector,
		   struct vec_failure *failure)
{
	const char *why = NULL;
	int err;

	memset(run, 0, sizeof(*run));
	memset(failure, 0, sizeof(*failure));
	failure->line = vector->line;
	failure->column = 1;
	run->runner = runner;
	run->vector = vector;
	if (!configure(run, failure) || !fill_memory(run, failure))
		return false;
	err = ioasim_unit_create(&run->config, runner->memory, &run->unit, &why);
	if (err)
		return fail(failure, "no unit with this config: %s", why ? why : strerror(-err));
	return true;
}

void vec_run_end(struct vec_run *run)
{
	ioasim_unit_destroy(run->unit);
	free(run->heard.responses);
	free(run->heard.interrupts);
	free(run->heard.ends);
	memset(run, 0, sizeof(*run));
}

/* ---- Steps --------------------------------------------------------------------------- */

static bool check_word(const struct vec_step *step, uint64_t value, struct vec_failure *failure)
{
	uint64_t wrong = (value ^ step->value) & step->mask;

	if (!wrong)
		return true;
	snprintf(failure->expected, sizeof(failure->expected), "0x%" PRIx64, step->value);
	if (step->mask != UINT64_MAX)
		snprintf(failure->expected, sizeof(failure->expected),
			 "0x%" PRIx64 " under mask 0x%" PRIx64, step->value, step->mask);
	return fail(failure, "0x%" PRIx64 " (wrong bits 0x%" PRIx64 ")", value, wrong);
}

static bool step_register(struct vec_run *run, const struct vec_step *step,
			  struct vec_failure *failure)
{
	uint32_t offset = (uint32_t)step->address;
	uint64_t value = 0;
	int err;

	if (step->kind == VEC_WRITE)
		err = ioasim_mmio_write(run->unit, offset, step->size, step->value);
	else
		err = ioasim_mmio_read(run->unit, offset, step->size, &value);
	if (err)
		return fail(failure, "register access refused: %s", strerror(-err));
	return step->kind == VEC_WRITE || check_word(step, value, failure);
}

static bool step_memory(struct vec_run *run, const struct vec_step *step,
			struct vec_failure *failure)
{
	struct ioasim_memory *memory = run->runner->memory;
	uint64_t value = 0;
	int err;

	if (step->kind == VEC_STORE)
		err = ioasim_memory_write64(memory, step->address, step->value);
	else
		err = ioasim_memory_read64(memory, step->address, &value);
	if (err)
		return fail(failure,
			    "no access at 0x%" PRIx64 ", expected an aligned address below 2^%d",
			    step->address, IOASIM_PA_BITS);
	return step->kind == VEC_STORE || check_word(step, value, failure);
}

static bool run_step(struct vec_run *run, const struct vec_step *step, struct vec_failure *failure)
{
	struct ioasim_page_request_result result;

	switch (step->kind) {
	case VEC_WRITE:
	case VEC_READ:
		return step_register(run, step, failure);
	case VEC_STORE:
	case VEC_LOAD:
		return step_memory(run, step, failure);
	case VEC_DMA:
	case VEC_ATS:
		ioasim_translate(run->unit, &step->request, &run->response);
		return vec_judge_response(run, step, failure);
	case VEC_PAGE_REQUEST:
		ioasim_page_request(run->unit, &step->page_request, &result);
		return vec_judge_page_request(run, step, &result, failure);
	default:
		return vec_judge_heard(run, step, failure);
	}
}

bool vec_run_step(struct vec_run *run, uint32_t n, struct vec_failure *failure)
{
	const struct vec_step *step = &run->vector->steps[n];

	failure->expected[0] = '\0';
	failure->found[0] = '\0';
	failure->step = n + 1;
	failure->line = step->line;
	failure->column = step->column;
	if (!run_step(run, step, failure))
		return false;
	return !run->heard.lost || fail(failure, "no memory to note what the unit said");
}

bool vec_run(struct vec_runner *runner, const struct vector *vector, struct vec_failure *failure)
{
	struct vec_run run;
	bool passed = true;

	if (!vec_run_begin(&run, runner, vector, failure))
		return false;
	for (uint32_t n = 0; passed && n < vector->n_steps; n++)
		passed = vec_run_step(&run, n, failure);
	vec_run_end(&run);
	return passed;
}
