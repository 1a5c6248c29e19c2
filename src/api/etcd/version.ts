/** The etcd whose behaviour the doors show: clients decide by it what they may ask for. */

export const ETCD_VERSION = '3.6.5'
export const CLUSTER_VERSION = '3.6.0'
export const STORAGE_VERSION = '3.6.0'
