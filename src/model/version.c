/* SPDX-License-Identifier: Apache-2.0 */
#include <ioasim/version.h>

const char *ioasim_version(void)
{
	return IOASIM_VERSION;
}
