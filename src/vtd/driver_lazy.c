/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lazy policy: unmaps of a domain are queued and flushed together, by one
 * invalidation of everything under the domain's tags, when there are enough of
 * them, when the oldest has waited long enough, or when somebody asks. Tables that
 * lost their last entry wait with them.
 *
 * The entries that an unmap cleared carry the domain's epoch in bits that the unit
 * ignores. A map that meets the present epoch flushes first, since the unit may
 * still translate the old way there.
 */
#include "vtd/driver.h"

#include <errno.h>

int vtd_lazy_queue(struct vtd_driver *driver, struct vtd_domain *domain, struct pool_list *pages)
{
	pool_list_splice(&driver->pool, &domain->queued_pages, pages);
	if (!domain->queued) {
		domain->deadline_ns = driver->now_ns + driver->config.lazy_deadline_ns;
		TAILQ_INSERT_TAIL(&driver->queued, domain, queued_link);
	}
	if (++domain->queued < driver->config.lazy_threshold)
		return 0;
	return vtd_lazy_flush(driver, domain);
}

void vtd_lazy_forget(struct vtd_driver *driver, struct vtd_domain *domain)
{
	if (!domain->queued)
		return;
	TAILQ_REMOVE(&driver->queued, domain, queued_link);
	domain->queued = 0;
	domain->epoch++;
	vtd_driver_free_pages(driver, &domain->queued_pages, 0);
}

int vtd_lazy_flush(struct vtd_driver *driver, struct vtd_domain *domain)
{
	int error;

	if (!domain->queued)
		return 0;
	error = vtd_domain_invalidate(driver, domain, &VTD_RANGE_ALL);
	driver->stats.flushes++;
	vtd_lazy_forget(driver, domain);
	return error;
}

int vtd_lazy_flush_all(struct vtd_driver *driver)
{
	struct vtd_domain *domain;
	int first_error = 0;

	while ((domain = TAILQ_FIRST(&driver->queued))) {
		int error = vtd_lazy_flush(driver, domain);

		if (!first_error)
			first_error = error;
	}
	return first_error;
}

/* All domains wait equally long, so the list is in the order of their deadlines. */
int vtd_tick(struct driver *opaque, uint64_t now_ns)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_domain *domain;
	int first_error = 0;

	if (now_ns > driver->now_ns)
		driver->now_ns = now_ns;
	while ((domain = TAILQ_FIRST(&driver->queued)) && domain->deadline_ns <= driver->now_ns) {
		int error = vtd_lazy_flush(driver, domain);

		if (!first_error)
			first_error = error;
	}
	return first_error;
}

int vtd_sync(struct driver *driver)
{
	return vtd_lazy_flush_all(vtd_driver(driver));
}
