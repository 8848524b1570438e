// Package regular opens files that must be regular ones. Folders, devices and
// named pipes are refused before they are opened, since opening may do something or
// wait for a writer, and, in case the name has changed hands, again afterwards.
package regular
