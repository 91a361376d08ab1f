// Geofeeds over databases: where a feed has a network, its word on country, subdivision and city counts.
//
// The AS number stays the database's; the continent is the country's. Feeds have no coordinates. Where the database
// agrees with all that the feed says, it stays what it is, down to what the feed leaves open; elsewhere the coordinates
// are those of a location of the databases in that city, or else the country's centroid.
#pragma once

#include "geo/database.hpp"
#include "geo/geofeed.hpp"

namespace rhumb::geo {

// `database` may still take locations. The feeds become sources of it. Throws std::length_error when there are too many
// locations.
void overlay_geofeeds(const Geofeeds& feeds, Database& database);

}  // namespace rhumb::geo
