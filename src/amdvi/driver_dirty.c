/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of what was written. The unit sets D in the leaves of a host table where the
 * device table entry says so (HAD), with the mark of accessed, which comes with it
 * (2.2.2.1). HAD is the endpoint's, so a table's marks are kept when all entries that
 * lead to it have it, those of users' tables over it too.
 */
#include "amdvi/driver.h"

#include <errno.h>

/* Linux wants both for HAD=3. */
bool amdvi_dirty_supported(const struct amdvi_driver *driver)
{
	return driver->host_levels && field_get(AMDVI_EFR_HA_SUP, driver->efr) &&
	       field_get(AMDVI_EFR_HD_SUP, driver->efr);
}

static int entries_update(struct amdvi_batch *batch, const struct amdvi_domain *domain)
{
	const struct amdvi_route *route;
	uint64_t dte[AMDVI_DTE_WORDS];

	LIST_FOREACH (route, &domain->routes, link) {
		amdvi_dte_make(batch->driver, route->endpoint, dte);
		if (amdvi_dte_store(batch->driver, route->endpoint, dte))
			return -EIO;
		amdvi_add_device(batch, route->endpoint->id);
	}
	return 0;
}

/*
 * All entries, then what is cached: devices hold rights to write for which nothing was
 * marked, and the unit may hold translations without their marks.
 */
static int tracking_set(struct amdvi_driver *driver, struct amdvi_domain *domain, bool tracking)
{
	const struct amdvi_domain *nested;
	struct amdvi_batch batch;
	int error, finished;

	domain->space.tracking = tracking;
	amdvi_batch_init(&batch, driver);
	error = entries_update(&batch, domain);
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (!error)
			error = entries_update(&batch, nested);
	finished = amdvi_batch_finish(&batch);
	if (error || finished)
		return -EIO;
	return amdvi_space_ops.invalidate(&domain->space, &PAGE_RANGE_ALL);
}

int amdvi_dirty_enable(struct driver *opaque, struct domain *which, bool enable)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_domain *domain = amdvi_domain(which);
	int error;

	if (!domain->space.dirty)
		return -EINVAL;
	if (domain->space.tracking == enable)
		return 0;
	error = tracking_set(driver, domain, enable);
	/* What was not done is not left half done, as far as the unit lets that be. */
	if (error)
		(void)tracking_set(driver, domain, !enable);
	return error;
}
