/* SPDX-License-Identifier: Apache-2.0 */
#include "report_page.h"

#define DETAILED 12 /* results that have sections of their own beside a comparison */

const char *const report_numbers[] = {
	"time.latency.translation.mean_ns",
	"time.total_ns",
	"caches.iotlb.misses",
	"references.total",
	"time.latency.translation.p99_ns",
	"time.walk_ns",
	"time.invalidate_ns",
	"time.latency.translation.p50_ns",
	"time.latency.invalidation.p99_ns",
	"time.requests.throughput_mps",
	"caches.iotlb.evictions",
	"caches.stage1_walk.misses",
	"caches.stage2_walk.misses",
	"caches.stage2_tlb.misses",
	"caches.device.misses",
	"caches.pasid.misses",
	"commands.total",
	"commands.waits",
	"dma.count",
	"dma.faulted",
	"recorded.mismatched",
	"rules.stale_window.accesses",
	"driver.windows.length.mean_ns",
};
const size_t report_numbers_count = sizeof(report_numbers) / sizeof(report_numbers[0]);
const size_t report_numbers_drawn = 5;

static void one_result(struct view *v)
{
	view_overview(v);
	view_cost(v);
	view_caches(v);
	view_profile(v);
	view_latency(v);
	view_series(v);
	view_stale(v);
	view_traffic(v);
	view_commands(v);
	view_checks(v);
	view_counters(v);
	view_put_absent(v);
	view_machine(v);
}

static void alone(struct page *page, const struct result_set *set)
{
	struct view v = {
		.page = page, .file = &set->file[0], .name = set->file[0].name, .level = 2};

	page_section(page, 2, "At a glance");
	one_result(&v);
}

static void several(struct page *page, const struct result_set *set)
{
	view_compare(page, set);
	for (size_t i = 0; i < set->files && i < DETAILED; i++) {
		struct view v = {.page = page, .file = &set->file[i], .level = 3};

		v.name = view_letter_name(page, set, i);
		page_section(page, 2, v.name);
		one_result(&v);
	}
	if (set->files > DETAILED) {
		page_section(page, 2, "Further results");
		page_say(page, BLOCK_NOTE,
			 page_text(page,
				   "The first %d results are told one by one; all are in the "
				   "comparison.",
				   DETAILED));
	}
}

static const char *title_of(struct page *page, const struct result_set *set)
{
	if (set->files == 1 && !set->points.points) {
		struct view v = {.page = page, .file = &set->file[0]};

		return page_text(page, "%s on %s", view_base_name(view_text(&v, "trace.file")),
				 view_arch_title(view_text(&v, "machine.arch")));
	}
	if (!set->files)
		return page_text(page, "Sweep %s", set->points.plan);
	return page_text(page, "Comparison of %zu results%s", set->files,
			 set->points.points ? " and a sweep" : "");
}

void report_page(struct page *page, const struct result_set *set,
		 const struct report_choice *choice)
{
	page->title = choice->title ? choice->title : title_of(page, set);
	page->about = "What translations and invalidations of DMA cost, from `ioasim replay`.";
	if (set->files > 1)
		several(page, set);
	if (set->points.points)
		view_sweep(page, &set->points, &choice->axes);
	if (set->files == 1)
		alone(page, set);
}
