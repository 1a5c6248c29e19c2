/** What one client may ask of FlareDB at once. Keys, values and bytes of a write have the regions' own limits. */

export const BATCH_MAX = 10_240
export const GET_MAX = 1024
export const SCAN_DEFAULT = 100
export const SCAN_MAX = 10_240
export const DELETE_RANGE_MAX = 10_240
export const REGIONS_MAX = 1024
export const SPLIT_KEYS_MAX = 255
