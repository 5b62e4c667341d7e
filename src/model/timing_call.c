/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and commands. A processor works, rings, and waits for the last command; one
 * command processor fetches and executes in order. Processors meet there and nowhere else;
 * a call waits until one of them is free.
 */
#include "model/timing_inside.h"

void timing_call_begin(struct timing *timing, enum timing_call call, uint64_t at_ps)
{
	const struct timing_config *config = &timing->config;
	uint64_t software = call == TIMING_CALL_MAP     ? config->map_ps
			    : call == TIMING_CALL_UNMAP ? config->unmap_ps
							: 0;

	timing->call = (uint8_t)call;
	timing->call_start = config->arrival == TIMING_CLOSED ? timing->now
			     : at_ps < TIMING_END_PS          ? at_ps
							      : TIMING_END_PS;
	timing->call_start = timing_later(timing->call_start, timing->processors.until[0].time);
	timing->cpu = timing_after(timing->call_start, software);
	timing->call_commands = timing->call_waits = 0;
	timing->batch = false;
	timing_part(timing, TIMING_SOFTWARE, timing->cpu - timing->call_start);
}

static bool drains(const struct timing_config *config, enum ioasim_command_class class)
{
	return config->drain && (class == IOASIM_COMMAND_CFG || class == IOASIM_COMMAND_PASID ||
				 class == IOASIM_COMMAND_TLB);
}

/* From the fetched command to its execution: the requests before it, or devices. */
static uint64_t held(struct timing *timing, enum ioasim_command_class class, uint64_t fetched)
{
	uint64_t start = fetched;

	if (drains(&timing->config, class)) {
		start = timing_later(fetched, timing->translated);
		timing_part(timing, TIMING_DRAIN, start - fetched);
	} else if (class == IOASIM_COMMAND_SYNC) {
		start = timing_later(fetched, timing->devices_done);
		timing_part(timing, TIMING_ATC, start - fetched);
	}
	return start;
}

/* What an execution changes for those that come later. */
static void executed(struct timing *timing, enum ioasim_command_class class, uint64_t end)
{
	const struct timing_config *config = &timing->config;

	timing->unit_free = end;
	timing_ends(timing, end);
	if (class == IOASIM_COMMAND_ATC)
		timing->devices_done =
			timing_later(timing->devices_done, timing_after(end, config->atc_ps));
	if (config->drain_blocks && drains(config, class))
		timing->blocked = timing_later(timing->blocked, end);
}

/* When the processor knows that a wait has ended. It looks at the ring of the doorbell,
 * and from then on again and again. */
static uint64_t seen_at(const struct timing *timing, uint64_t end)
{
	const struct timing_config *config = &timing->config;
	uint64_t waited = end - timing->batch_start;

	if (config->wait == TIMING_INTERRUPT)
		return timing_after(end, config->interrupt_ps);
	if (!config->poll_ps || !(waited % config->poll_ps))
		return end;
	return timing_after(end, config->poll_ps - waited % config->poll_ps);
}

static void batch_ends(struct timing *timing, uint64_t end)
{
	latency_add(&timing->stats.latency[TIMING_OF_INVALIDATION], end - timing->batch_start);
	timing->cpu = end;
	timing->batch = false;
	timing_ends(timing, end);
}

void timing_command(struct timing *timing, enum ioasim_command_class class, uint64_t removed,
		    struct timing_command_span *result)
{
	const struct timing_config *config = &timing->config;
	struct timing_command_span span = {.submitted = 0};
	uint64_t from, duration = 0;

	if (!timing->batch) {
		timing->batch = true;
		timing->batch_start = timing->cpu;
		timing->cpu = timing_after(timing->cpu, config->doorbell_ps);
		span.submitted = timing->cpu;
		timing_part(timing, TIMING_COMMAND, timing->cpu - timing->batch_start);
	}
	from = timing->cpu;
	span.fetched = timing_after(timing_later(from, timing->unit_free), config->fetch_ps);
	span.start = held(timing, class, span.fetched);
	if (__builtin_mul_overflow(removed, config->removed_ps, &duration) ||
	    duration > TIMING_END_PS)
		duration = TIMING_END_PS;
	span.end = timing_after(span.start, timing_after(duration, config->execute_ps));
	timing_part(timing, TIMING_COMMAND, span.fetched - from + (span.end - span.start));
	executed(timing, class, span.end);
	timing->cpu = span.end; /* the next of the batch comes behind it */
	timing->stats.commands++;
	timing->call_commands++;
	span.seen = span.end;
	if (class == IOASIM_COMMAND_SYNC) {
		span.seen = seen_at(timing, span.end);
		timing_part(timing, TIMING_WAIT, span.seen - span.end);
		timing->call_waits++;
		batch_ends(timing, span.seen);
	}
	if (result)
		*result = span;
}

void timing_call_end(struct timing *timing, struct timing_call_span *span)
{
	if (timing->batch)
		batch_ends(timing, timing->cpu);
	if (timing->call != TIMING_CALL_OTHER)
		latency_add(
			&timing->stats.latency[timing->call == TIMING_CALL_MAP ? TIMING_OF_MAP
									       : TIMING_OF_UNMAP],
			timing->cpu - timing->call_start);
	timing_ends(timing, timing->cpu);
	timing_pool_take(&timing->processors, timing->cpu);
	if (timing->config.arrival == TIMING_CLOSED)
		timing->now = timing->cpu;
	if (span)
		*span = (struct timing_call_span){
			.start = timing->call_start,
			.end = timing->cpu,
			.commands = timing->call_commands,
			.waits = timing->call_waits,
		};
}
