// SPDX-License-Identifier: Apache-2.0 OR MIT
// Nothing: cargo wants a target to be there.
