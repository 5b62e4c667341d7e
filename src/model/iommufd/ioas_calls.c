/* SPDX-License-Identifier: Apache-2.0 */
/* DESTROY, and calls on IOASs that do not map: IOAS_ALLOC, IOAS_ALLOW_IOVAS,
 * IOAS_IOVA_RANGES, OPTION, IOAS_CHANGE_PROCESS (U1, U2, U5, U6). */
#include "model/iommufd/calls.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Life ------------------------------------------------------------------------------- */

struct iofd_ioas *iofd_ioas_create(struct iommufd *fd)
{
	struct iofd_ioas *ioas = calloc(1, sizeof(*ioas));

	if (!ioas)
		return NULL;
	ioas->alignment = 1;
	LIST_INIT(&ioas->views);
	LIST_INIT(&ioas->hwpts);
	LIST_INIT(&ioas->accesses);
	if (!iofd_holes_init(&ioas->holes)) {
		if (!iofd_object_enter(fd, &ioas->object, IOFD_IOAS))
			return ioas;
		iofd_holes_fini(&ioas->holes);
	}
	free(ioas);
	return NULL;
}

void iofd_ioas_destroy(struct iofd_ioas *ioas)
{
	struct iommufd *fd = ioas->object.fd;
	uint64_t unmapped;

	/* Nothing shows it any more, so that nothing can be in the way. */
	(void)iofd_unmap(ioas, 0, UINT64_MAX, true, &unmapped);
	if (fd->compat == ioas)
		fd->compat = NULL;
	iofd_object_leave(&ioas->object);
	interval_fini(&ioas->areas);
	iofd_holes_fini(&ioas->holes);
	interval_fini(&ioas->allowed);
	free(ioas->reserved);
	free(ioas);
}

const struct iofd_check iofd_destroy_checks[] = {
	{"U1", ENOENT, "the ID is unknown", NULL},
	{"U1", EBUSY, "another object or a device's driver holds it", NULL},
	IOFD_CHECKS_END,
};

int iofd_destroy_work(struct iofd_call *call)
{
	return iofd_object_remove(call->fd, call->arg.destroy.id);
}

const struct iofd_check iofd_ioas_alloc_checks[] = {
	{"U2", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

int iofd_ioas_alloc_work(struct iofd_call *call)
{
	struct iofd_ioas *ioas = iofd_ioas_create(call->fd);

	if (!ioas)
		return -ENOMEM;
	call->arg.ioas_alloc.out_ioas_id = ioas->object.number;
	return 0;
}

/* ---- Ranges ------------------------------------------------------------------------------- */

static bool allow_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.allow.ioas_id);
	return !call->ioas;
}

const struct iofd_check iofd_allow_checks[] = {
	{"U2", ENOENT, "the IOAS is unknown", allow_unknown},
	{"U2", EFAULT, "the ranges cannot be read", NULL},
	{"U2", EINVAL, "a range does not begin below its end, or two overlap", NULL},
	{"U2", EADDRINUSE, "a range is reserved, in part", NULL},
	{"U2", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

static int allow_load(const struct iofd_call *call, struct interval_map *allowed)
{
	const struct ioasim_iommufd_allow_iovas *arg = &call->arg.allow;
	int error = 0;

	for (uint32_t i = 0; !error && i < arg->num_iovas; i++) {
		struct ioasim_iommufd_range range;
		struct interval key;

		error = iofd_read(call->fd, call->user, arg->ranges + i * sizeof(range), &range,
				  sizeof(range));
		if (error)
			break;
		if (range.start >= range.last ||
		    !interval_is_free(allowed, 0, range.start, range.last))
			return -EINVAL;
		key = (struct interval){.first = range.start, .last = range.last};
		error = interval_insert(allowed, &key);
	}
	return error;
}

static bool any_reserved(const struct iofd_ioas *ioas, const struct interval_map *allowed)
{
	struct interval_place place;
	const struct interval *at = interval_find(allowed, 0, 0, &place);

	for (; at; at = interval_next(allowed, &place))
		if (iofd_is_reserved(ioas, at->first, at->last))
			return true;
	return false;
}

int iofd_allow_work(struct iofd_call *call)
{
	struct iofd_ioas *ioas = call->ioas;
	struct interval_map allowed = {0};
	int error = allow_load(call, &allowed);

	if (!error && any_reserved(ioas, &allowed))
		error = -EADDRINUSE;
	if (error) {
		interval_fini(&allowed);
		return error;
	}
	interval_fini(&ioas->allowed);
	ioas->allowed = allowed;
	return 0;
}

static bool ranges_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.ranges.ioas_id);
	return !call->ioas;
}

const struct iofd_check iofd_ranges_checks[] = {
	{"U2", ENOENT, "the IOAS is unknown", ranges_unknown},
	{"U2", EFAULT, "the array cannot be written", NULL},
	{"U2", EMSGSIZE, "the array is too short; num_iovas has become what is needed", NULL},
	IOFD_CHECKS_END,
};

int iofd_ranges_work(struct iofd_call *call)
{
	struct ioasim_iommufd_iova_ranges *arg = &call->arg.ranges;
	struct ioasim_iommufd_range range;
	uint32_t room = arg->num_iovas, count = 0;
	uint64_t from = 0;

	while (iofd_iova_usable(call->ioas, from, &range)) {
		if (count < room &&
		    iofd_write(call->fd, call->user, arg->ranges + count * sizeof(range), &range,
			       sizeof(range)))
			return -EFAULT;
		count++;
		if (range.last == UINT64_MAX)
			break;
		from = range.last + 1;
	}
	arg->num_iovas = count;
	arg->out_iova_alignment = call->ioas->alignment;
	return count > room ? -EMSGSIZE : 0;
}

/* ---- Options -------------------------------------------------------------------------------- */

static bool option_unknown(struct iofd_call *call)
{
	return call->arg.option.option_id > IOASIM_IOMMUFD_OPTION_HUGE_PAGES;
}

static bool of_rlimit(const struct iofd_call *call)
{
	return call->arg.option.option_id == IOASIM_IOMMUFD_OPTION_RLIMIT_MODE;
}

static bool sets(const struct iofd_call *call)
{
	return call->arg.option.op == IOASIM_IOMMUFD_OPTION_SET;
}

static bool rlimit_of_object(struct iofd_call *call)
{
	return of_rlimit(call) && call->arg.option.object_id;
}

static bool option_ioas_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.option.object_id);
	return !of_rlimit(call) && !call->ioas;
}

static bool op_unknown(struct iofd_call *call)
{
	return call->arg.option.op > IOASIM_IOMMUFD_OPTION_GET;
}

static bool not_privileged(struct iofd_call *call)
{
	const struct iommufd_env *env = call->fd->env;

	return of_rlimit(call) && sets(call) &&
	       !(env->file->privileged && env->file->privileged(env->opaque, call->user));
}

static bool has_objects(struct iofd_call *call)
{
	return of_rlimit(call) && sets(call) && call->fd->count;
}

static bool option_value_bad(struct iofd_call *call)
{
	return sets(call) && call->arg.option.val64 > 1;
}

const struct iofd_check iofd_option_checks[] = {
	{"U6", EOPNOTSUPP, "the option is unknown", option_unknown},
	{"U6", EOPNOTSUPP, "rlimit mode with object_id", rlimit_of_object},
	{"U6", ENOENT, "huge pages: the IOAS is unknown", option_ioas_unknown},
	{"U6", EOPNOTSUPP, "op is neither SET nor GET", op_unknown},
	{"U6", EPERM, "rlimit mode is set by one without privilege", not_privileged},
	{"U6", EBUSY, "rlimit mode is set, and there are objects", has_objects},
	{"U6", EINVAL, "val64 is neither 0 nor 1", option_value_bad},
	{"U6", EINVAL, "huge pages off, and page tables show something", NULL},
	{"U6", EADDRINUSE, "huge pages off, and what is mapped is not aligned to pages", NULL},
	IOFD_CHECKS_END,
};

int iofd_option_work(struct iofd_call *call)
{
	struct ioasim_iommufd_option *arg = &call->arg.option;

	if (of_rlimit(call) && sets(call))
		call->fd->account_mm = arg->val64;
	else if (of_rlimit(call))
		arg->val64 = call->fd->account_mm;
	else if (sets(call))
		return iofd_small_pages(call->ioas, !arg->val64);
	else
		arg->val64 = !call->ioas->small_pages;
	return 0;
}

/* ---- Another process -------------------------------------------------------------------------- */

/* Calls `area` for each of all IOASs; stops when it returns false, which is returned. */
static bool each_area(const struct iommufd *fd, bool (*area)(void *to, struct iofd_area *area),
		      void *to)
{
	for (uint32_t i = 0; i < fd->room; i++) {
		const struct iofd_ioas *ioas = iofd_find_ioas(fd, i);
		struct interval_place place;
		const struct interval *at = ioas ? interval_find(&ioas->areas, 0, 0, &place) : NULL;

		for (; at; at = interval_next(&ioas->areas, &place))
			if (!area(to, (struct iofd_area *)(uintptr_t)at->value))
				return false;
	}
	return true;
}

static bool is_of_file(void *to, struct iofd_area *area)
{
	(void)to;
	return area->pages->source.file != NULL;
}

static bool not_all_files(struct iofd_call *call)
{
	return !each_area(call->fd, is_of_file, NULL);
}

const struct iofd_check iofd_change_process_checks[] = {
	{"U5", EINVAL, "something is mapped that is not of IOAS_MAP_FILE", not_all_files},
	{"U5", ENOMEM, "what is pinned for other processes is beyond the caller's limit", NULL},
	IOFD_CHECKS_END,
};

/* Pages that become the caller's. Those that are charged have one account, as its mode is
 * that of the iommufd (U6). */
struct taking {
	const struct iommufd_env *env;
	void *user;
	enum iommufd_account account;
	uint64_t pages;
};

/* Pages are of several areas, and count once. */
static bool count(void *to, struct iofd_area *area)
{
	struct iofd_pages *pages = area->pages;
	struct taking *taking = to;

	if (pages->charged && !pages->counted && pages->source.user != taking->user) {
		taking->pages += pages->charged;
		pages->counted = true;
	}
	return true;
}

static bool uncount(void *to, struct iofd_area *area)
{
	(void)to;
	area->pages->counted = false;
	return true;
}

static bool take(void *to, struct iofd_area *area)
{
	const struct taking *taking = to;
	struct iofd_pages *pages = area->pages;

	if (pages->counted)
		taking->env->memory->uncharge(taking->env->opaque, pages->source.user,
					      taking->account, pages->charged);
	pages->counted = false;
	pages->source.user = taking->user;
	return true;
}

int iofd_change_process_work(struct iofd_call *call)
{
	struct taking taking = {
		.env = call->fd->env,
		.user = call->user,
		.account = call->fd->account_mm ? IOMMUFD_ACCOUNT_PROCESS : IOMMUFD_ACCOUNT_USER,
	};
	int error = 0;

	(void)each_area(call->fd, count, &taking);
	if (taking.pages)
		error = taking.env->memory->charge(taking.env->opaque, taking.user, taking.account,
						   taking.pages);
	(void)each_area(call->fd, error ? uncount : take, &taking);
	return error;
}
