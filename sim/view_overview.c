/* SPDX-License-Identifier: Apache-2.0 */
/* What was replayed, and what it cost: the first thing that is seen. */
#include "view.h"

#define PACKET    1500 /* bytes of payload of an Ethernet frame */
#define CARDS_MAX 12

struct cards {
	const struct view *view;
	struct page_card card[CARDS_MAX];
	size_t count;
};

static void add(struct cards *cards, const char *title, const char *value, const char *about)
{
	cards->card[cards->count++] =
		(struct page_card){.title = title, .value = value, .about = about};
}

static void add_bad(struct cards *cards, bool bad)
{
	cards->card[cards->count - 1].bad = bad;
}

static const char *in_unit(const struct view *v, struct amount a, enum page_unit unit)
{
	return page_text(v->page, "%s", page_amount_of(a, unit).s);
}

/* ---- Cost ------------------------------------------------------------------------------------- */

/* A packet's worth of data. */
static void add_packet(struct cards *cards, const char *title, struct amount time)
{
	const struct view *v = cards->view;
	struct amount bytes = view_amount(v, "dma.bytes");
	struct amount packet = amount_ratio(time, bytes, PACKET);

	if (packet.given)
		add(cards, title, in_unit(v, packet, UNIT_NS),
		    page_text(v->page, "for each %s bytes of %s",
			      amount_text(amount_of(PACKET), 0).s,
			      page_amount_of(bytes, UNIT_BYTES).s));
}

/* One after the other: the sum is what everything costs. */
static void add_serial(struct cards *cards)
{
	const struct view *v = cards->view;
	struct amount total = view_amount(v, "time.total_ns"), dma = view_amount(v, "dma.count");

	if (!total.given)
		return;
	add(cards, "Time per DMA", in_unit(v, amount_ratio(total, dma, 1), UNIT_NS),
	    page_text(v->page, "%s for %s DMA", page_amount_of(total, UNIT_NS).s,
		      amount_text(dma, 0).s));
	add_packet(cards, "Time per packet", total);
}

static void add_latency(struct cards *cards, const char *title, const char *path)
{
	const struct view *v = cards->view;
	const json_t *latency = view_at(v, path);
	struct amount count = view_number(json_object_get(latency, "count"));

	if (count.milli == 0)
		return;
	add(cards, title, in_unit(v, view_number(json_object_get(latency, "mean_ns")), UNIT_NS),
	    page_text(v->page, "p50 %s, p99 %s, longest %s, of %s",
		      page_amount_of(view_number(json_object_get(latency, "p50_ns")), UNIT_NS).s,
		      page_amount_of(view_number(json_object_get(latency, "p99_ns")), UNIT_NS).s,
		      page_amount_of(view_number(json_object_get(latency, "max_ns")), UNIT_NS).s,
		      amount_text(count, 0).s));
}

/* Things overlap, and the trace has pauses: latencies say more than the end. */
static void add_events(struct cards *cards)
{
	add_latency(cards, "Translation, mean", "time.latency.translation");
	add_packet(cards, "Translation per packet",
		   view_amount(cards->view, "time.latency.translation.total_ns"));
	add_latency(cards, "Invalidation, mean", "time.latency.invalidation");
}

static void add_counts(struct cards *cards)
{
	const struct view *v = cards->view;
	struct amount dma = view_amount(v, "dma.count");
	struct amount references = view_amount(v, "references.total");
	struct amount commands = view_amount(v, "commands.total");
	struct amount lookups = view_amount(v, "caches.iotlb.lookups");
	struct amount misses = view_amount(v, "caches.iotlb.misses");

	if (references.given)
		add(cards, "References per DMA",
		    in_unit(v, amount_ratio(references, dma, 1), UNIT_RATIO),
		    page_text(v->page, "%s entries read for %s DMA", amount_text(references, 0).s,
			      amount_text(dma, 0).s));
	if (amount_ratio(misses, lookups, 100).given)
		add(cards, "IOTLB misses",
		    in_unit(v, amount_ratio(misses, lookups, 100), UNIT_PERCENT),
		    page_text(v->page, "%s of %s look-ups", amount_text(misses, 0).s,
			      amount_text(lookups, 0).s));
	if (commands.given)
		add(cards, "Commands per DMA",
		    in_unit(v, amount_ratio(commands, dma, 1), UNIT_RATIO),
		    page_text(v->page, "%s, of which %s waits", amount_text(commands, 0).s,
			      amount_text(view_amount(v, "commands.waits"), 0).s));
}

/* ---- Verdicts ------------------------------------------------------------------------------------ */

static void add_verdicts(struct cards *cards)
{
	const struct view *v = cards->view;
	struct amount compared = view_amount(v, "recorded.compared");
	struct amount mismatched = view_amount(v, "recorded.mismatched");
	struct amount checked = view_amount(v, "rules.checked");
	struct amount broken = view_sum(view_at(v, "rules.broken"));

	add(cards, "DMA refused", in_unit(v, view_amount(v, "dma.faulted"), UNIT_COUNT),
	    page_text(v->page, "of %s", amount_text(view_amount(v, "dma.count"), 0).s));
	if (compared.milli > 0) {
		add(cards, "Not as recorded", in_unit(v, mismatched, UNIT_COUNT),
		    page_text(v->page, "of %s answers compared", amount_text(compared, 0).s));
		add_bad(cards, mismatched.milli > 0);
	}
	if (checked.milli > 0) {
		add(cards, "Security rules broken", in_unit(v, broken, UNIT_COUNT),
		    page_text(v->page, "times, of %s accesses judged", amount_text(checked, 0).s));
		add_bad(cards, broken.milli > 0);
	}
}

/* ---- A sentence ------------------------------------------------------------------------------------ */

static void say_shares(const struct view *v)
{
	struct amount total = view_amount(v, "time.total_ns");
	struct amount walks = view_amount(v, "time.walk_ns");
	struct amount invalidations = view_amount(v, "time.invalidate_ns");

	if (view_has_events(v))
		page_say(v->page, BLOCK_NOTE,
			 page_text(
				 v->page,
				 "The last request or command ended after %s of simulated time, in "
				 "which the trace's own pauses are.",
				 page_amount_of(total, UNIT_NS).s));
	if (!total.given || view_has_events(v))
		return;
	page_say(v->page, BLOCK_NOTE,
		 page_text(v->page,
			   "Walks take %s\xc2\xa0%% of the time and invalidations %s\xc2\xa0%%. "
			   "Times are "
			   "counts multiplied by latencies, nothing overlaps: shares say more than "
			   "durations.",
			   amount_text(amount_ratio(walks, total, 100), 1).s,
			   amount_text(amount_ratio(invalidations, total, 100), 1).s));
}

void view_overview(const struct view *v)
{
	struct cards cards = {.view = v};
	const char *arch = view_text(v, "trace.arch"), *level = view_text(v, "trace.level");

	page_say(v->page, BLOCK_NOTE,
		 page_text(v->page, "%s: %s records%s%s, replayed%s%s%s on %s.",
			   view_text(v, "trace.file"),
			   amount_text(view_amount(v, "trace.records"), 0).s,
			   *arch ? ", recorded on " : "", *arch ? view_arch_title(arch) : "",
			   *level ? " at " : "", level, *level ? " level" : "",
			   view_arch_title(view_text(v, "machine.arch"))));
	if (view_has_events(v))
		add_events(&cards);
	else
		add_serial(&cards);
	add_counts(&cards);
	add_verdicts(&cards);
	page_cards(v->page, cards.card, cards.count);
	say_shares(v);
}
