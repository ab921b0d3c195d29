// SPDX-License-Identifier: Apache-2.0
// The conversation page: defines its elements.

import './source.js';
import './chat.js';
