/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi_judged.h"

#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"

int judged_teardown(void **state)
{
	struct flow *flow = *state;

	ioasim_system_destroy(flow->system);
	free(flow);
	return 0;
}

/* ---- What the checker says ----------------------------------------------------------- */

const struct ioasim_violation *judged_last(const struct flow *flow)
{
	const struct ioasim_violation *found = NULL;

	for (unsigned n = 0; ioasim_system_violation(flow->system, n); n++)
		found = ioasim_system_violation(flow->system, n);
	return found;
}

uint64_t judged_broken(const struct flow *flow, unsigned rule)
{
	return ioasim_system_verdict(flow->system)->broken[rule];
}

void judged_kept(const struct flow *flow)
{
	const struct ioasim_violation *v = ioasim_system_violation(flow->system, 0);

	if (v)
		print_error("S%u: %s\n", v->rule, v->text);
	assert_null(v);
}

uint32_t judged_went(struct flow *flow, unsigned device, uint32_t pasid, uint64_t address,
		     ioasim_pa_t pa, unsigned access)
{
	const struct ioasim_dma dma = {.device = flow->device[device],
				       .address = address,
				       .length = 1,
				       .access = (uint8_t)access};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_REACHES, .pa = pa};
	struct dma_wire wire;

	dma_wire_of_pasid(device_find(flow->system, flow->device[device]), pasid, &wire);
	flow->system->dmas++;
	checker_judge(flow->system, &dma, &wire, &result);
	return result.broken;
}

ioasim_pa_t judged_page(struct flow *flow, uint64_t offset)
{
	ioasim_pa_t pa;

	assert_int_equal(
		ioasim_process_page(flow->system, flow->process, FLOW_MEMORY + offset, &pa), 0);
	return pa;
}

int judged_attached(struct flow *flow, unsigned *device)
{
	int ioasid = flow_kernel(flow);

	*device = flow_pdev(flow, 0x28, 0, 8);
	assert_int_equal(flow_bind(flow, *device, 1), 0);
	assert_int_equal(flow_attach(flow, *device, ioasid, FLOW_NONE), 0);
	assert_int_equal(flow_map(flow, ioasid, IOVA, FLOW_MEMORY, 2 * PAGE), 0);
	return ioasid;
}

struct ioasid *judged_object(struct flow *flow, int ioasid)
{
	const struct container *container = LIST_FIRST(&flow->system->containers);

	return container->ioasid[ioasid];
}
