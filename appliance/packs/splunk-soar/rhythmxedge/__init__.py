# Copyright RhythmX Edge
# SPDX-License-Identifier: Apache-2.0
