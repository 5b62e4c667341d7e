/* SPDX-License-Identifier: Apache-2.0 */
#include "iofd_rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- The IOMMU -------------------------------------------------------------------------- */

struct mock_space {
	struct iommufd_space space;
	struct interval_map map; /* value: where on the bus */
	struct mock_domain *domains;
};

static struct mock_iommu *iommu_of(struct iommufd_backend *backend)
{
	return backend->opaque;
}

static int space_create(struct iommufd_backend *backend, struct iommufd_space **out)
{
	struct mock_space *space = calloc(1, sizeof(*space));

	space->space.backend = backend;
	iommu_of(backend)->spaces++;
	*out = &space->space;
	return 0;
}

static void space_destroy(struct iommufd_space *out)
{
	struct mock_space *space = (struct mock_space *)out;

	assert_int_equal(space->map.count, 0);
	assert_null(space->domains);
	iommu_of(out->backend)->spaces--;
	interval_fini(&space->map);
	free(space);
}

static int space_map(struct iommufd_space *out, uint64_t iova, const struct iommufd_run *runs,
		     unsigned count, unsigned access, bool large)
{
	struct mock_space *space = (struct mock_space *)out;
	const struct mock_iommu *iommu = iommu_of(out->backend);

	(void)large;
	if (iommu->fail_map)
		return iommu->fail_map;
	for (unsigned i = 0; i < count; i++) {
		struct interval run = {.first = iova,
				       .last = iova + runs[i].bytes - 1,
				       .value = runs[i].pa,
				       .access = (uint8_t)access};

		assert_true(interval_is_free(&space->map, 0, run.first, run.last));
		assert_int_equal(interval_insert(&space->map, &run), 0);
		iova += runs[i].bytes;
	}
	return 0;
}

/* Whole runs, or with small pages a part of one. */
static int space_unmap(struct iommufd_space *out, uint64_t first, uint64_t last)
{
	struct mock_space *space = (struct mock_space *)out;
	struct interval_place place;
	struct interval *run;
	uint64_t bytes = 0;

	while ((run = interval_find(&space->map, 0, first, &place)) && run->first <= last) {
		struct interval whole = *run, rest = *run;

		interval_remove(&space->map, &place);
		if (whole.first < first) {
			rest.last = first - 1;
			assert_int_equal(interval_insert(&space->map, &rest), 0);
		}
		if (whole.last > last) {
			rest = whole;
			rest.first = last + 1;
			rest.value += rest.first - whole.first;
			assert_int_equal(interval_insert(&space->map, &rest), 0);
		}
		bytes += (whole.last < last ? whole.last : last) -
			 (whole.first > first ? whole.first : first) + 1;
	}
	assert_int_equal(bytes, last - first + 1);
	return 0;
}

static int domain_create(struct iommufd_device *device, uint32_t flags, struct iommufd_domain **out)
{
	struct iommufd_backend *backend = iommufd_device_config(device)->backend;
	struct mock_iommu *iommu = iommu_of(backend);
	struct mock_domain *domain;

	if (iommu->fail_domain)
		return iommu->fail_domain;
	domain = calloc(1, sizeof(*domain));
	domain->domain = (struct iommufd_domain){
		.backend = backend,
		.aperture_first = iommu->aperture_first,
		.aperture_last = iommu->aperture_last,
		.page_sizes = iommu->page_sizes,
		.dirty = flags & IOASIM_IOMMUFD_HWPT_DIRTY,
		.enforces = true,
	};
	iommu->domains++;
	*out = &domain->domain;
	return 0;
}

static void domain_destroy(struct iommufd_domain *out)
{
	struct mock_domain *domain = (struct mock_domain *)out;

	assert_null(domain->space);
	interval_fini(&domain->dirty);
	iommu_of(out->backend)->domains--;
	free(domain);
}

static int domain_enter(struct iommufd_domain *out, struct iommufd_space *space)
{
	struct mock_domain *domain = (struct mock_domain *)out;

	domain->space = (struct mock_space *)space;
	domain->next = domain->space->domains;
	domain->space->domains = domain;
	return 0;
}

static void domain_leave(struct iommufd_domain *out)
{
	struct mock_domain *domain = (struct mock_domain *)out, **at = &domain->space->domains;

	while (*at != domain)
		at = &(*at)->next;
	*at = domain->next;
	domain->space = NULL;
}

/* ---- Dirty pages -------------------------------------------------------------------------- */

static int dirty_enable(struct iommufd_domain *domain, bool enable)
{
	((struct mock_domain *)domain)->tracking = enable;
	return 0;
}

static int dirty_read(struct iommufd_domain *out, uint64_t first, uint64_t last, bool clear,
		      void (*dirty)(void *to, uint64_t first, uint64_t last), void *to)
{
	struct mock_domain *domain = (struct mock_domain *)out;
	struct interval_place place;

	if (!domain->tracking)
		return -EINVAL;
	for (uint64_t page = first / MOCK_PAGE; page <= last / MOCK_PAGE; page++) {
		const struct interval *found = interval_find(&domain->dirty, 0, page, &place);

		if (!found || found->first > page)
			continue;
		dirty(to, page * MOCK_PAGE, page * MOCK_PAGE + MOCK_PAGE - 1);
		if (clear)
			interval_remove(&domain->dirty, &place);
	}
	return 0;
}

void mock_write(struct iofd_rig *rig, uint32_t hwpt, uint64_t iova)
{
	struct mock_domain *domain = (struct mock_domain *)iommufd_domain(rig->fd, hwpt);
	struct interval page = {.first = iova / MOCK_PAGE, .last = iova / MOCK_PAGE};

	assert_non_null(domain);
	if (interval_is_free(&domain->dirty, 0, page.first, page.last))
		assert_int_equal(interval_insert(&domain->dirty, &page), 0);
}

/* ---- Of users ------------------------------------------------------------------------------ */

static int nested_create(struct iommufd_device *device, struct iommufd_domain *parent,
			 const struct iommufd_nested_config *config, struct iommufd_domain **out)
{
	struct mock_domain *domain;
	uint64_t word;
	int error;

	(void)device;
	if (config->type != MOCK_NESTED)
		return -EINVAL;
	error = iommufd_nested_read(config, &word, sizeof(word));
	if (error)
		return error;
	if (word == 13)
		return -EINVAL;
	domain = calloc(1, sizeof(*domain));
	domain->domain.backend = parent->backend;
	domain->word = word;
	iommu_of(parent->backend)->domains++;
	*out = &domain->domain;
	return 0;
}

/* Words, one above 99 of which is wrong. */
static int words_take(const struct iommufd_entries *entries, uint64_t *words, unsigned *count,
		      uint32_t *done)
{
	if (entries->type != MOCK_INV)
		return -EINVAL;
	for (*done = 0; *done < entries->count; ++*done) {
		uint64_t word;

		assert_int_equal(entries->length, sizeof(word));
		memcpy(&word, entries->data + *done * sizeof(word), sizeof(word));
		if (word > 99)
			return -EOPNOTSUPP;
		words[(*count)++ % 16] = word;
	}
	return 0;
}

static int nested_invalidate(struct iommufd_domain *domain, const struct iommufd_entries *entries,
			     uint32_t *done)
{
	struct mock_iommu *iommu = iommu_of(domain->backend);

	return words_take(entries, iommu->invalidated, &iommu->invalidations, done);
}

static struct mock_viommu *viommu_of(const struct iommufd_viommu *viommu)
{
	return &iommu_of(viommu->backend)->viommu;
}

static bool viommu_offers(const struct iommufd_device *device, uint32_t type)
{
	(void)device;
	return type == MOCK_VIOMMU;
}

/* With data it announces a page, and tells where. */
static int viommu_create(struct iommufd_viommu *viommu, struct iommufd_device *device, void *data,
			 uint32_t length)
{
	uint64_t offset;
	int error;

	(void)device;
	if (!length)
		return 0;
	if (length != sizeof(offset))
		return -EINVAL;
	error = iommufd_mmap_announce(viommu, viommu_of(viommu)->page, MOCK_PAGE, &offset);
	memcpy(data, &offset, sizeof(offset));
	return error;
}

static void viommu_destroy(struct iommufd_viommu *viommu)
{
	assert_int_equal(viommu_of(viommu)->vdevices, 0);
}

static int vdevice(struct iommufd_viommu *viommu, struct iommufd_device *device, uint64_t number)
{
	(void)device;
	viommu_of(viommu)->vdevice = number;
	viommu_of(viommu)->vdevices++;
	return 0;
}

static void vdevice_gone(struct iommufd_viommu *viommu, struct iommufd_device *device,
			 uint64_t number)
{
	(void)device;
	(void)number;
	viommu_of(viommu)->vdevices--;
}

static int viommu_invalidate(struct iommufd_viommu *viommu, const struct iommufd_entries *entries,
			     uint32_t *done)
{
	struct mock_viommu *mock = viommu_of(viommu);

	return words_take(entries, mock->words, &mock->count, done);
}

static bool queue_offered(const struct iommufd_viommu *viommu, uint32_t type)
{
	(void)viommu;
	return type == MOCK_QUEUE;
}

static int queue_create(struct iommufd_viommu *viommu, uint32_t index, uint64_t pa, uint64_t length,
			void **queue)
{
	struct mock_viommu *mock = viommu_of(viommu);

	if (index >= MOCK_QUEUES || length > MOCK_PAGE)
		return -EINVAL;
	if (mock->queue_pa[index])
		return -EEXIST;
	mock->queue_pa[index] = pa;
	*queue = &mock->queue_pa[index];
	return index ? iommufd_hw_queue_hold(viommu, &mock->queue_pa[index - 1]) : 0;
}

static void queue_destroy(struct iommufd_viommu *viommu, void *queue)
{
	struct mock_viommu *mock = viommu_of(viommu);
	uint64_t *pa = queue;

	*pa = 0;
	if (pa != mock->queue_pa)
		iommufd_hw_queue_release(viommu, pa - 1);
}

static const struct iommufd_viommu_ops viommu_ops = {
	.offers = viommu_offers,
	.create = viommu_create,
	.destroy = viommu_destroy,
	.vdevice = vdevice,
	.vdevice_gone = vdevice_gone,
	.invalidate = viommu_invalidate,
	.queue_offered = queue_offered,
	.queue_create = queue_create,
	.queue_destroy = queue_destroy,
};

/* ---- Routes -------------------------------------------------------------------------------- */

static unsigned number_of(const struct iommufd_device *device)
{
	return (unsigned)(uintptr_t)iommufd_device_config(device)->opaque;
}

static int attach(struct iommufd_device *device, uint32_t pasid, struct iommufd_domain *domain,
		  bool replace)
{
	struct mock_iommu *iommu = iommu_of(domain->backend);
	struct iofd_rig *rig = iommu->rig;
	unsigned n = number_of(device);

	if (iommu->fail_attach)
		return iommu->fail_attach;
	if (!replace)
		iommu->attached++;
	if (pasid != IOMMUFD_NO_PASID)
		return 0;
	rig->on[n] = true;
	rig->walks[n] = domain;
	if (n < 2) /* the group of 0 and 1 */
		rig->walks[1 - n] = domain;
	return 0;
}

static void detach(struct iommufd_device *device, uint32_t pasid)
{
	struct mock_iommu *iommu = iommu_of(iommufd_device_config(device)->backend);
	struct iofd_rig *rig = iommu->rig;
	unsigned n = number_of(device);

	iommu->attached--;
	if (pasid != IOMMUFD_NO_PASID)
		return;
	rig->on[n] = false;
	if (n < 2 && rig->on[1 - n])
		return;
	rig->walks[n] = NULL;
	if (n < 2)
		rig->walks[1 - n] = NULL;
}

static bool reserved(const struct iommufd_device *device, unsigned n,
		     struct ioasim_iommufd_range *range)
{
	const struct iofd_rig *rig = iommu_of(iommufd_device_config(device)->backend)->rig;

	if (n || number_of(device) != 2 || !rig->reserved.last)
		return false;
	*range = rig->reserved;
	return true;
}

static const struct iommufd_backend_ops backend_ops = {
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_map = space_map,
	.space_unmap = space_unmap,
	.domain_create = domain_create,
	.domain_destroy = domain_destroy,
	.domain_enter = domain_enter,
	.domain_leave = domain_leave,
	.attach = attach,
	.detach = detach,
	.reserved = reserved,
	.dirty_enable = dirty_enable,
	.dirty_read = dirty_read,
	.nested_create = nested_create,
	.nested_invalidate = nested_invalidate,
	.viommu = &viommu_ops,
};

/* ---- Memory and files ------------------------------------------------------------------------ */

static int judge(struct iommufd_host *host, uint64_t address, uint64_t bytes, bool write)
{
	const struct iofd_rig *rig = (const struct iofd_rig *)host;
	uint64_t base = mock_address(rig, 0);

	if (!bytes)
		return 0;
	if (address < base || address + bytes > base + MOCK_PAGES * MOCK_PAGE)
		return -EFAULT;
	for (uint64_t at = (address - base) / MOCK_PAGE;
	     at <= (address + bytes - 1 - base) / MOCK_PAGE; at++)
		if (rig->absent[at] || (write && rig->read_only[at]))
			return -EFAULT;
	return 0;
}

static uint64_t file_address(struct iommufd_host *host, void *file)
{
	assert_ptr_equal(file, host);
	return mock_address((const struct iofd_rig *)host, 0);
}

/* Descriptor 7 is a file: the whole buffer. */
static int file_get(void *opaque, void *user, int32_t fd, uint64_t start, uint64_t length,
		    void **file)
{
	struct iofd_rig *rig = opaque;

	(void)user;
	if (fd != 7)
		return -EBADF;
	if (!length || start + length > MOCK_PAGES * MOCK_PAGE || start + length < start)
		return -EINVAL;
	rig->files++;
	*file = rig;
	return 0;
}

static void file_put(void *opaque, void *file)
{
	struct iofd_rig *rig = opaque;

	assert_ptr_equal(file, rig);
	rig->files--;
}

static bool privileged(void *opaque, void *user)
{
	(void)user;
	return ((const struct iofd_rig *)opaque)->privileged;
}

static int install(void *opaque, void *user, struct iommufd_stream *stream, uint32_t *fd)
{
	struct iofd_rig *rig = opaque;

	(void)user;
	if (rig->queues == 8)
		return -EMFILE;
	rig->queue[rig->queues] = stream;
	*fd = rig->queues++;
	return 0;
}

static const struct iommufd_file_ops file_ops = {
	.install = install,
	.file_get = file_get,
	.file_put = file_put,
	.privileged = privileged,
};

/* ---- Life -------------------------------------------------------------------------------------- */

void iofd_rig_open(struct iofd_rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	iommufd_host_init(&rig->host);
	rig->host.judge = judge;
	rig->host.file_address = file_address;
	rig->env = (struct iommufd_env){
		.memory = &iommufd_host_memory, .file = &file_ops, .opaque = rig};
	rig->buffer = aligned_alloc(1u << 21, 1u << 21);
	assert_non_null(rig->buffer);
	memset(rig->buffer, 0, MOCK_PAGES * MOCK_PAGE);
	for (unsigned i = 0; i < 2; i++)
		rig->iommu[i] = (struct mock_iommu){
			.backend = {&backend_ops, &rig->iommu[i]},
			.rig = rig,
			.aperture_last = UINT64_MAX,
			.page_sizes = 4096 | 1u << 21,
		};
	rig->fd = iommufd_open(&rig->env);
	assert_non_null(rig->fd);
}

void iofd_rig_close(struct iofd_rig *rig)
{
	for (unsigned i = 0; i < MOCK_DEVICES; i++)
		if (rig->device[i])
			iommufd_unbind(rig->device[i]);
	for (unsigned i = 0; i < rig->queues; i++)
		if (rig->queue[i])
			iommufd_stream_close(rig->queue[i]);
	iommufd_close(rig->fd);
	assert_int_equal(rig->host.pins.count, 0);
	assert_int_equal(rig->files, 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rig->iommu[i].spaces, 0);
		assert_int_equal(rig->iommu[i].domains, 0);
		assert_int_equal(rig->iommu[i].attached, 0);
	}
	iommufd_host_fini(&rig->host);
	free(rig->buffer);
}

/* ---- Calls --------------------------------------------------------------------------------------- */

int mock_call(struct iofd_rig *rig, uint32_t request, void *argument)
{
	int status = iommufd_call(rig->fd, rig, request, argument);

	assert_true(status <= 0);
	return -status;
}

uint32_t mock_ioas(struct iofd_rig *rig)
{
	struct ioasim_iommufd_ioas_alloc arg = {.size = sizeof(arg)};

	assert_int_equal(mock_call(rig, IOASIM_IOMMUFD_IOAS_ALLOC, &arg), 0);
	return arg.out_ioas_id;
}

uint32_t mock_bind(struct iofd_rig *rig, unsigned device)
{
	const struct iommufd_device_config config = {
		.backend = &rig->iommu[device == 3].backend,
		.opaque = (void *)(uintptr_t)device,
		.group = device < 2 ? &rig->device[0] : &rig->device[device],
		.pasid_bits = device == 2 ? 16 : 0,
		.capabilities = device == 2 ? IOASIM_IOMMUFD_CAP_DIRTY : 0,
	};

	assert_int_equal(
		iommufd_bind(rig->fd, &config, &rig->device[device], &rig->device_id[device]), 0);
	return rig->device_id[device];
}

static int map(struct iofd_rig *rig, uint32_t flags, uint32_t ioas, uint64_t address,
	       uint64_t length, uint64_t *iova)
{
	struct ioasim_iommufd_map arg = {
		.size = sizeof(arg),
		.flags = flags | IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = address,
		.length = length,
		.iova = *iova,
	};
	int error = mock_call(rig, IOASIM_IOMMUFD_IOAS_MAP, &arg);

	*iova = arg.iova;
	return error;
}

int mock_map_fixed(struct iofd_rig *rig, uint32_t ioas, uint64_t address, uint64_t length,
		   uint64_t iova)
{
	return map(rig, IOASIM_IOMMUFD_MAP_FIXED_IOVA, ioas, address, length, &iova);
}

int mock_map(struct iofd_rig *rig, uint32_t ioas, uint64_t address, uint64_t length, uint64_t *iova)
{
	return map(rig, 0, ioas, address, length, iova);
}

int mock_unmap(struct iofd_rig *rig, uint32_t ioas, uint64_t iova, uint64_t length,
	       uint64_t *unmapped)
{
	struct ioasim_iommufd_unmap arg = {
		.size = sizeof(arg), .ioas_id = ioas, .iova = iova, .length = length};
	int error = mock_call(rig, IOASIM_IOMMUFD_IOAS_UNMAP, &arg);

	if (unmapped)
		*unmapped = arg.length;
	return error;
}

int mock_copy(struct iofd_rig *rig, uint32_t from, uint64_t from_iova, uint32_t to,
	      uint64_t to_iova, uint64_t length)
{
	struct ioasim_iommufd_copy arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_READABLE |
			 IOASIM_IOMMUFD_MAP_WRITEABLE,
		.dst_ioas_id = to,
		.src_ioas_id = from,
		.length = length,
		.dst_iova = to_iova,
		.src_iova = from_iova,
	};

	return mock_call(rig, IOASIM_IOMMUFD_IOAS_COPY, &arg);
}

int mock_destroy(struct iofd_rig *rig, uint32_t number)
{
	struct ioasim_iommufd_destroy arg = {.size = sizeof(arg), .id = number};

	return mock_call(rig, IOASIM_IOMMUFD_DESTROY, &arg);
}

int mock_attach(struct iofd_rig *rig, unsigned device, uint32_t pasid, uint32_t number)
{
	return -iommufd_attach(rig->device[device], pasid, &number);
}

int mock_hwpt(struct iofd_rig *rig, unsigned device, uint32_t pt, uint32_t flags, uint32_t *number)
{
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg), .flags = flags, .dev_id = rig->device_id[device], .pt_id = pt};
	int error = mock_call(rig, IOASIM_IOMMUFD_HWPT_ALLOC, &arg);

	if (number)
		*number = arg.out_hwpt_id;
	return error;
}

/* ---- What is there --------------------------------------------------------------------------------- */

uint64_t mock_lookup(const struct iofd_rig *rig, unsigned device, uint64_t iova)
{
	const struct mock_domain *domain = (const struct mock_domain *)rig->walks[device];
	struct interval_place place;
	const struct interval *run = domain && domain->space
					     ? interval_find(&domain->space->map, 0, iova, &place)
					     : NULL;

	return run && run->first <= iova ? run->value + (iova - run->first) : 0;
}

uint64_t mock_pins(const struct iofd_rig *rig, unsigned page)
{
	return iommufd_host_pins(&rig->host, mock_address(rig, page));
}
