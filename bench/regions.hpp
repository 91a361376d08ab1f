// Where services typically are: thirty places of the large clouds, in the order in which a service would take them.
#pragma once

#include <array>

#include "geo/distance.hpp"

namespace rhumb::geo {

inline constexpr std::array<Coordinates, 30> kBenchRegions{{
    {38.9, -77.4},  {53.3, -6.3},   {1.3, 103.8},    // Virginia, Dublin, Singapore
    {45.8, -119.7}, {50.1, 8.7},    {35.7, 139.7},   // Oregon, Frankfurt, Tokyo
    {-23.5, -46.6}, {19.1, 72.9},   {-33.9, 151.2},  // São Paulo, Mumbai, Sydney
    {45.5, -73.6},  {26.1, 50.5},   {-33.9, 18.4},   // Montréal, Bahrain, Cape Town
    {51.5, -0.1},   {48.9, 2.4},    {59.3, 18.1},    // London, Paris, Stockholm
    {45.5, 9.2},    {40.4, -3.7},   {47.4, 8.5},     // Milan, Madrid, Zürich
    {40.0, -83.0},  {37.4, -121.9}, {51.0, -114.1},  // Ohio, San José, Calgary
    {37.6, 127.0},  {34.7, 135.5},  {22.3, 114.2},   // Seoul, Osaka, Hong Kong
    {-6.2, 106.8},  {17.4, 78.5},   {-37.8, 145.0},  // Jakarta, Hyderabad, Melbourne
    {25.3, 55.3},   {32.1, 34.8},   {20.6, -100.4},  // Dubai, Tel Aviv, Querétaro
}};

}  // namespace rhumb::geo
