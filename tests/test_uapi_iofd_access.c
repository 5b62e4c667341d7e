/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to an IOAS without DMA (U14), and the calls of a container (U15). */
#include "iofd_rig.h"

#include <errno.h>
#include <string.h>

#define M UINT64_C(0x100000)

static struct iofd_rig rig;

/* A driver that holds one pinned range and gives it up when asked, unless it is stubborn. */
struct driver {
	struct iommufd_access *access;
	uint64_t iova, bytes; /* pinned; 0: nothing */
	bool stubborn;
	unsigned asked;
};

static struct driver driver;

static void driver_unmap(void *opaque, uint64_t iova, uint64_t bytes)
{
	struct driver *of = opaque;

	of->asked++;
	if (!of->bytes || of->stubborn || iova > of->iova + (of->bytes - 1) ||
	    of->iova > iova + (bytes - 1))
		return;
	iommufd_access_unpin(of->access, of->iova, of->bytes);
	of->bytes = 0;
}

static const struct iommufd_access_ops pinning = {.unmap = driver_unmap, .pins = true};
static const struct iommufd_access_ops copying = {0};

static int open_rig(void **state)
{
	(void)state;
	iofd_rig_open(&rig);
	driver = (struct driver){0};
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	if (driver.access)
		iommufd_access_destroy(driver.access);
	iofd_rig_close(&rig);
	return 0;
}

static uint32_t driver_open(uint32_t ioas, const struct iommufd_access_ops *ops)
{
	uint32_t number;

	assert_int_equal(iommufd_access_create(rig.fd, ops, &driver, &driver.access, &number), 0);
	assert_int_equal(mock_destroy(&rig, number), EBUSY);
	if (ioas)
		assert_int_equal(iommufd_access_attach(driver.access, ioas), 0);
	return number;
}

static int pin(uint64_t iova, uint64_t bytes, bool write)
{
	int error = iommufd_access_pin(driver.access, iova, bytes, write, NULL, NULL);

	if (!error) {
		driver.iova = iova;
		driver.bytes = bytes;
	}
	return -error;
}

struct told {
	uint64_t iova[4], pa[4], bytes[4];
	unsigned count;
};

static int tell(void *to, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	struct told *told = to;

	assert_true(told->count < 4);
	told->iova[told->count] = iova;
	told->pa[told->count] = pa;
	told->bytes[told->count++] = bytes;
	return 0;
}

static int refuse(void *to, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	(void)to;
	(void)iova;
	(void)pa;
	(void)bytes;
	return -ENOSPC;
}

static void u14_pinning_checks_in_order(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct ioasim_iommufd_map map = {
		.size = sizeof(map),
		.flags = IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.ioas_id = ioas,
		.user_va = mock_address(&rig, 4),
		.length = 2 * MOCK_PAGE,
		.iova = M + 4 * MOCK_PAGE,
	};

	(void)state;
	driver_open(0, &pinning);
	assert_int_equal(pin(M, 0, false), EINVAL);
	assert_int_equal(pin(UINT64_MAX, 2, false), EOVERFLOW);
	assert_int_equal(pin(M, 1, false), ENOENT);
	assert_int_equal(iommufd_access_replace(driver.access, ioas), -ENOENT);
	assert_int_equal(iommufd_access_attach(driver.access, 77), -ENOENT);
	assert_int_equal(iommufd_access_attach(driver.access, ioas), 0);
	assert_int_equal(iommufd_access_attach(driver.access, ioas), -EINVAL);
	assert_int_equal(mock_destroy(&rig, ioas), EBUSY);
	assert_int_equal(pin(M, MOCK_PAGE, false), ENOENT);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &map), 0);
	assert_int_equal(pin(M + 1, MOCK_PAGE, false), EINVAL);
	assert_int_equal(pin(M, 7 * MOCK_PAGE, false), ENOENT);
	assert_int_equal(mock_pins(&rig, 0), 0);
	assert_int_equal(pin(M, 6 * MOCK_PAGE, true), EPERM);
	assert_int_equal(mock_pins(&rig, 3), 0);
	rig.absent[5] = true;
	assert_int_equal(pin(M, 6 * MOCK_PAGE, false), EFAULT);
	assert_int_equal(mock_pins(&rig, 4), 0);
	assert_int_equal(iommufd_access_pin(driver.access, M, MOCK_PAGE, false, refuse, NULL),
			 -ENOSPC);
	assert_int_equal(mock_pins(&rig, 0), 0);
	assert_int_equal(pin(M, 5 * MOCK_PAGE, false), 0);
	assert_int_equal(mock_pins(&rig, 0), 1);
	assert_int_equal(mock_pins(&rig, 4), 1);
}

static void u14_pages_are_told_by_iova_and_pinned_once(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct told told = {.count = 0};

	(void)state;
	mock_bind(&rig, 2);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, ioas), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(
		mock_map_fixed(&rig, ioas, mock_address(&rig, 9), MOCK_PAGE, M + 4 * MOCK_PAGE), 0);
	driver_open(ioas, &pinning);
	assert_int_equal(iommufd_access_pin(driver.access, M + 2 * MOCK_PAGE, 3 * MOCK_PAGE, true,
					    tell, &told),
			 0);
	assert_int_equal(told.count, 2);
	assert_true(told.iova[0] == M + 2 * MOCK_PAGE && told.pa[0] == mock_address(&rig, 2) &&
		    told.bytes[0] == 2 * MOCK_PAGE);
	assert_true(told.iova[1] == M + 4 * MOCK_PAGE && told.pa[1] == mock_address(&rig, 9) &&
		    told.bytes[1] == MOCK_PAGE);
	/* The table's pin and the access's are one. */
	assert_int_equal(mock_pins(&rig, 2), 1);
	iommufd_detach(rig.device[2], IOMMUFD_NO_PASID);
	assert_int_equal(mock_pins(&rig, 1), 0);
	assert_int_equal(mock_pins(&rig, 2), 1);
	iommufd_access_unpin(driver.access, M + 2 * MOCK_PAGE, 3 * MOCK_PAGE);
	assert_int_equal(mock_pins(&rig, 2), 0);
	assert_int_equal(mock_pins(&rig, 9), 0);
}

static void u14_unmap_asks_for_pages_and_waits(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	uint64_t unmapped;

	(void)state;
	driver_open(ioas, &pinning);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(pin(M + MOCK_PAGE, MOCK_PAGE, false), 0);
	driver.stubborn = true;
	assert_int_equal(mock_unmap(&rig, ioas, M, 4 * MOCK_PAGE, NULL), EDEADLK);
	assert_true(driver.asked > 1);
	assert_int_equal(mock_pins(&rig, 1), 1);
	driver.stubborn = false;
	driver.asked = 0;
	assert_int_equal(mock_unmap(&rig, ioas, M, 4 * MOCK_PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 4 * MOCK_PAGE);
	assert_int_equal(driver.asked, 1);
	assert_int_equal(mock_pins(&rig, 1), 0);
}

/* Who refuses the last one keeps all, also what nobody had pinned. */
static void u4_s17_a_refused_unmap_has_unmapped_nothing(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct iommufd_shown shown;
	uint64_t unmapped;
	char byte = 0;

	(void)state;
	driver_open(ioas, &pinning);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 2 * i), MOCK_PAGE,
						M + i * MOCK_PAGE),
				 0);
	assert_int_equal(pin(M + MOCK_PAGE, 2 * MOCK_PAGE, false), 0);
	driver.stubborn = true;
	assert_int_equal(mock_unmap(&rig, ioas, M, 3 * MOCK_PAGE, NULL), EDEADLK);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(
			iommufd_access_rw(driver.access, M + i * MOCK_PAGE, &byte, 1, true), 0);
		assert_int_equal(iommufd_access_shown(driver.access, M + i * MOCK_PAGE, &shown), 0);
	}
	driver.stubborn = false;
	assert_int_equal(mock_unmap(&rig, ioas, M, 3 * MOCK_PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 3 * MOCK_PAGE);
	assert_int_equal(iommufd_access_shown(driver.access, M, &shown), -ENOENT);
}

/* What keeps books of its own is told of mappings, and of what they show. */
static struct {
	uint64_t iova[4], bytes[4], pa[4];
	bool mapped[4];
	unsigned count;
} changes;

static void note_change(void *opaque, uint64_t iova, uint64_t bytes, bool mapped)
{
	struct driver *of = opaque;
	struct iommufd_shown shown;

	assert_true(changes.count < 4);
	changes.iova[changes.count] = iova;
	changes.bytes[changes.count] = bytes;
	changes.mapped[changes.count] = mapped;
	assert_int_equal(iommufd_access_shown(of->access, iova, &shown), 0);
	changes.pa[changes.count++] = shown.address;
}

static void u14_changes_of_the_map_are_told_and_what_it_shows(void **state)
{
	static const struct iommufd_access_ops noting = {
		.unmap = driver_unmap, .changed = note_change, .pins = true};
	uint32_t ioas = mock_ioas(&rig);
	struct iommufd_shown shown;

	(void)state;
	changes.count = 0;
	driver_open(ioas, &noting);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 9), MOCK_PAGE, M), EEXIST);
	assert_int_equal(pin(M + MOCK_PAGE, 2 * MOCK_PAGE, false), 0);
	assert_int_equal(iommufd_access_shown(driver.access, M + 8, &shown), 0);
	assert_true(shown.last == M + 4 * MOCK_PAGE - 1 && shown.bytes == MOCK_PAGE - 8);
	assert_true(shown.address == mock_address(&rig, 0) + 8 && !shown.pinned);
	assert_int_equal(iommufd_access_shown(driver.access, M + MOCK_PAGE + 8, &shown), 0);
	assert_true(shown.bytes == 2 * MOCK_PAGE - 8 && shown.pinned);
	assert_true(shown.pa == mock_address(&rig, 1) + 8);
	assert_int_equal(iommufd_access_shown(driver.access, M + 3 * MOCK_PAGE, &shown), 0);
	assert_true(shown.bytes == MOCK_PAGE && !shown.pinned);
	driver.stubborn = true;
	assert_int_equal(mock_unmap(&rig, ioas, M, 4 * MOCK_PAGE, NULL), EDEADLK);
	assert_int_equal(changes.count, 1);
	driver.stubborn = false;
	assert_int_equal(mock_unmap(&rig, ioas, M, 4 * MOCK_PAGE, NULL), 0);
	assert_int_equal(changes.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(changes.iova[i] == M && changes.bytes[i] == 4 * MOCK_PAGE);
		assert_true(changes.pa[i] == mock_address(&rig, 0) && changes.mapped[i] == !i);
	}
}

static void u14_another_ioas_asks_for_the_pages_of_the_old_one(void **state)
{
	uint32_t first = mock_ioas(&rig), second = mock_ioas(&rig), third = mock_ioas(&rig);

	(void)state;
	driver_open(first, &pinning);
	assert_int_equal(mock_map_fixed(&rig, first, mock_address(&rig, 0), MOCK_PAGE, M), 0);
	assert_int_equal(mock_map_fixed(&rig, third, mock_address(&rig, 0), 1, M), 0);
	assert_int_equal(pin(M, MOCK_PAGE, true), 0);
	assert_int_equal(iommufd_access_replace(driver.access, 99), -ENOENT);
	assert_int_equal(iommufd_access_replace(driver.access, third), -EADDRINUSE);
	assert_int_equal(mock_pins(&rig, 0), 1);
	assert_int_equal(iommufd_access_replace(driver.access, second), 0);
	assert_int_equal(mock_pins(&rig, 0), 0);
	assert_int_equal(mock_destroy(&rig, first), 0);
	assert_int_equal(mock_destroy(&rig, second), EBUSY);
	iommufd_access_detach(driver.access);
	assert_int_equal(mock_destroy(&rig, second), 0);
}

static void u14_bytes_are_copied_in_and_out_by_iova(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	char text[16] = "across the seam", back[16] = "";

	(void)state;
	driver_open(ioas, &copying);
	/* Mappings that begin and end anywhere. */
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0) + 100, 10, 5), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 3) + 4090, 20, 15), 0);
	assert_int_equal(iommufd_access_rw(driver.access, 5, text, 0, true), -EINVAL);
	assert_int_equal(iommufd_access_rw(driver.access, 30, text, sizeof(text), true), -ENOENT);
	assert_int_equal(iommufd_access_rw(driver.access, 7, text, sizeof(text), true), 0);
	assert_memory_equal(rig.buffer + 102, "across t", 8);
	assert_memory_equal(rig.buffer + 3 * MOCK_PAGE + 4090, "he seam", 8);
	assert_int_equal(iommufd_access_rw(driver.access, 7, back, sizeof(back), false), 0);
	assert_string_equal(back, text);
	assert_int_equal(rig.host.pins.count, 0);
	rig.read_only[0] = true;
	assert_int_equal(iommufd_access_rw(driver.access, 7, text, 4, true), -EFAULT);
}

/* ---- Containers --------------------------------------------------------------------------- */

static uint32_t compat(void)
{
	struct ioasim_iommufd_vfio_ioas arg = {.size = sizeof(arg),
					       .ioas_id = mock_ioas(&rig),
					       .op = IOASIM_IOMMUFD_VFIO_IOAS_SET};

	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), 0);
	return arg.ioas_id;
}

static int number_call(uint32_t request, uintptr_t number)
{
	return iommufd_call(rig.fd, &rig, request, (void *)number);
}

static int vfio_map(uint32_t flags, uint64_t address, uint64_t iova, uint64_t size)
{
	struct ioasim_vfio_map arg = {sizeof(arg), flags, address, iova, size};

	return mock_call(&rig, IOASIM_VFIO_IOMMU_MAP_DMA, &arg);
}

static int vfio_unmap(uint32_t flags, uint64_t iova, uint64_t *size)
{
	struct ioasim_vfio_unmap arg = {sizeof(arg), flags, iova, *size};
	int error = mock_call(&rig, IOASIM_VFIO_IOMMU_UNMAP_DMA, &arg);

	*size = arg.size;
	return error;
}

static void u15_the_ioas_of_vfio_is_set_and_told(void **state)
{
	struct ioasim_iommufd_vfio_ioas arg = {.size = sizeof(arg)};
	uint64_t size = MOCK_PAGE;
	uint32_t ioas;

	(void)state;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), ENODEV);
	arg.op = 3;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), EOPNOTSUPP);
	arg.op = IOASIM_IOMMUFD_VFIO_IOAS_SET;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), ENOENT);
	assert_int_equal(vfio_map(3, mock_address(&rig, 0), 0, MOCK_PAGE), ENODEV);
	assert_int_equal(vfio_unmap(0, 0, &size), ENODEV);
	assert_int_equal(number_call(IOASIM_VFIO_SET_IOMMU, IOASIM_VFIO_TYPE1), -ENODEV);
	ioas = compat();
	arg.op = IOASIM_IOMMUFD_VFIO_IOAS_GET;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), 0);
	assert_int_equal(arg.ioas_id, ioas);
	arg.op = IOASIM_IOMMUFD_VFIO_IOAS_CLEAR;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), 0);
	arg.op = IOASIM_IOMMUFD_VFIO_IOAS_GET;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), ENODEV);
	ioas = compat();
	assert_int_equal(mock_destroy(&rig, ioas), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VFIO_IOAS, &arg), ENODEV);
}

static void u15_versions_and_extensions_are_told(void **state)
{
	(void)state;
	assert_int_equal(number_call(IOASIM_VFIO_GET_API_VERSION, 0), 0);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_TYPE1), 1);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_TYPE1V2), 1);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_UNMAP_ALL), 1);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_TYPE1_NESTING), 0);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_UPDATE_VADDR), 0);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, 12345), 0);
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_DMA_CC), -ENODEV);
	(void)compat();
	assert_int_equal(number_call(IOASIM_VFIO_CHECK_EXTENSION, IOASIM_VFIO_DMA_CC), 1);
	assert_int_equal(number_call(IOASIM_VFIO_SET_IOMMU, 2), -EINVAL);
	assert_int_equal(number_call(IOASIM_VFIO_SET_IOMMU, IOASIM_VFIO_TYPE1V2), 0);
	assert_int_equal(number_call(IOASIM_IOMMUFD_CALL(0x73), 0), -ENOTTY);
}

static void u15_type1_unmaps_parts_and_type1v2_does_not(void **state)
{
	uint32_t ioas = compat();
	uint64_t size = MOCK_PAGE;

	(void)state;
	mock_bind(&rig, 2);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, ioas), 0);
	assert_int_equal(vfio_map(4, mock_address(&rig, 0), M, 4 * MOCK_PAGE), EINVAL);
	assert_int_equal(vfio_map(3, mock_address(&rig, 0), M, 4 * MOCK_PAGE), 0);
	assert_int_equal(vfio_unmap(0, M + MOCK_PAGE, &size), ENOENT);
	assert_int_equal(size, 0);
	/* Pages may be large: too late. */
	assert_int_equal(number_call(IOASIM_VFIO_SET_IOMMU, IOASIM_VFIO_TYPE1), -EINVAL);
	size = 0;
	assert_int_equal(vfio_unmap(IOASIM_VFIO_UNMAP_FLAG_ALL, 0, &size), 0);
	assert_int_equal(size, 4 * MOCK_PAGE);
	assert_int_equal(number_call(IOASIM_VFIO_SET_IOMMU, IOASIM_VFIO_TYPE1), 0);
	assert_int_equal(vfio_map(3, mock_address(&rig, 0), M, 4 * MOCK_PAGE), 0);
	size = MOCK_PAGE;
	assert_int_equal(vfio_unmap(0, M + MOCK_PAGE, &size), 0);
	assert_int_equal(size, MOCK_PAGE);
	assert_int_equal(mock_lookup(&rig, 2, M), mock_address(&rig, 0));
	assert_int_equal(mock_lookup(&rig, 2, M + MOCK_PAGE), 0);
	assert_int_equal(mock_lookup(&rig, 2, M + 3 * MOCK_PAGE + 4), mock_address(&rig, 3) + 4);
	assert_int_equal(mock_pins(&rig, 1), 0);
	assert_int_equal(mock_pins(&rig, 2), 1);
	/* Nothing there is no error here, a cut within a page is. */
	size = MOCK_PAGE;
	assert_int_equal(vfio_unmap(0, M + MOCK_PAGE, &size), 0);
	assert_int_equal(size, 0);
	size = 100;
	assert_int_equal(vfio_unmap(0, M, &size), EINVAL);
	size = 0;
	assert_int_equal(vfio_unmap(0, M, &size), EINVAL);
	size = 8;
	assert_int_equal(vfio_unmap(IOASIM_VFIO_UNMAP_FLAG_ALL, 0, &size), EINVAL);
	size = 4 * MOCK_PAGE;
	assert_int_equal(vfio_unmap(0, UINT64_MAX - MOCK_PAGE, &size), EOVERFLOW);
	assert_int_equal(size, 0); /* bytes are told with every error of unmapping */
	size = 4 * MOCK_PAGE;
	assert_int_equal(vfio_unmap(0, M, &size), 0);
	assert_int_equal(size, 3 * MOCK_PAGE);
}

static void u15_information_comes_with_a_chain_of_capabilities(void **state)
{
	struct {
		struct ioasim_vfio_info info;
		struct ioasim_vfio_cap_avail avail;
		struct ioasim_vfio_cap_iovas iovas;
		unsigned char ranges[2 * sizeof(struct ioasim_iommufd_range)];
	} __attribute__((packed)) arg;
	struct ioasim_iommufd_range ranges[2];
	uint32_t ioas = compat();

	(void)state;
	memset(&arg, 0xee, sizeof(arg));
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x1000, 0x1fff), 0);
	arg.info.argsz = 15;
	assert_int_equal(mock_call(&rig, IOASIM_VFIO_IOMMU_GET_INFO, &arg), EINVAL);
	arg.info.argsz = 16;
	assert_int_equal(mock_call(&rig, IOASIM_VFIO_IOMMU_GET_INFO, &arg), 0);
	assert_int_equal(arg.info.argsz, sizeof(arg));
	assert_int_equal(arg.info.cap_offset, 0xeeeeeeee); /* the caller does not know of it */
	arg.info.argsz = sizeof(arg) - 1;
	assert_int_equal(mock_call(&rig, IOASIM_VFIO_IOMMU_GET_INFO, &arg), 0);
	assert_int_equal(arg.info.cap_offset, 0);
	/* A capability without room for all its ranges has no header. */
	assert_int_equal(arg.avail.header.id, IOASIM_VFIO_CAP_DMA_AVAIL);
	assert_int_equal(arg.iovas.header.id, 0xeeee);
	assert_int_equal(arg.iovas.nr_iovas, 0xeeeeeeee);
	arg.info.argsz = sizeof(arg);
	assert_int_equal(mock_call(&rig, IOASIM_VFIO_IOMMU_GET_INFO, &arg), 0);
	assert_int_equal(arg.info.cap_offset, sizeof(arg.info));
	assert_int_equal(arg.info.flags, 3);
	assert_true(arg.info.iova_pgsizes == (UINT64_MAX & ~(MOCK_PAGE - 1)));
	assert_int_equal(arg.avail.header.id, IOASIM_VFIO_CAP_DMA_AVAIL);
	assert_int_equal(arg.avail.header.next, sizeof(arg.info) + sizeof(arg.avail));
	assert_int_equal(arg.iovas.header.id, IOASIM_VFIO_CAP_IOVA_RANGE);
	assert_int_equal(arg.iovas.header.next, 0);
	assert_int_equal(arg.iovas.nr_iovas, 2);
	memcpy(ranges, arg.ranges, sizeof(ranges));
	assert_true(ranges[0].start == 0 && ranges[0].last == 0xfff);
	assert_true(ranges[1].start == 0x2000 && ranges[1].last == UINT64_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	const struct CMUnitTest tests[] = {
		TEST(u14_pinning_checks_in_order),
		TEST(u14_pages_are_told_by_iova_and_pinned_once),
		TEST(u14_unmap_asks_for_pages_and_waits),
		TEST(u4_s17_a_refused_unmap_has_unmapped_nothing),
		TEST(u14_changes_of_the_map_are_told_and_what_it_shows),
		TEST(u14_another_ioas_asks_for_the_pages_of_the_old_one),
		TEST(u14_bytes_are_copied_in_and_out_by_iova),
		TEST(u15_the_ioas_of_vfio_is_set_and_told),
		TEST(u15_versions_and_extensions_are_told),
		TEST(u15_type1_unmaps_parts_and_type1v2_does_not),
		TEST(u15_information_comes_with_a_chain_of_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
