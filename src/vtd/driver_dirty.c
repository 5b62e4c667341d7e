/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which routes mark what they write (3.7.2): SSADE of the entries that lead to a second-
 * stage table, its own routes' and those of first stages over it. The marks are D of the
 * table's leaves, read and cleared by the functions of model/space.h.
 */
#include "vtd/driver.h"

#include <errno.h>

/* SSADE without snooped walks would make every mark a fault (SSS.5, 3.10). */
bool vtd_driver_marks(const struct vtd_driver *driver)
{
	return driver->scalable && field_get(VTD_ECAP_SSTS, driver->ecap) &&
	       field_get(VTD_ECAP_SSADS, driver->ecap) && field_get(VTD_ECAP_SMPWCS, driver->ecap);
}

static int routes_update(struct vtd_driver *driver, const struct vtd_domain *domain)
{
	const struct vtd_attachment *attachment;
	int error = 0;

	LIST_FOREACH (attachment, &domain->attachments, link)
		if (!error)
			error = vtd_route_update(driver, attachment);
	return error;
}

static int tracking_set(struct vtd_driver *driver, struct vtd_domain *domain, bool enable)
{
	const struct vtd_domain *nested;
	int error;

	domain->space.tracking = enable;
	error = routes_update(driver, domain);
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (!error)
			error = routes_update(driver, nested);
	return error ? error : vtd_tracking_changed(driver, domain);
}

/*
 * Table 28 asks for the invalidations when SSADE rises; they follow its fall too, since
 * an entry that is still cached would go on marking. Where the change fails nothing is
 * promised any more, so that the entries go back to what all of them had before.
 */
int vtd_dirty_enable(struct driver *opaque, struct domain *which, bool enable)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_domain *domain = vtd_domain(which);
	bool before = domain->space.tracking;
	int error;

	if (!domain->space.dirty)
		return -EINVAL;
	if (enable == before)
		return 0;
	error = tracking_set(driver, domain, enable);
	if (error)
		(void)tracking_set(driver, domain, before);
	return error;
}
