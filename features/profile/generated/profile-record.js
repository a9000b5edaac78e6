/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["vitrine-profile"] || ($protobuf.roots["vitrine-profile"] = {});

export const vitrine = $root.vitrine = (() => {

    /**
     * Namespace vitrine.
     * @exports vitrine
     * @namespace
     */
    const vitrine = {};

    vitrine.v1 = (function() {

        /**
         * Namespace v1.
         * @memberof vitrine
         * @namespace
         */
        const v1 = {};

        v1.ProfileRecord = (function() {

            /**
             * Properties of a ProfileRecord.
             * @typedef {Object} vitrine.v1.ProfileRecord.$Properties
             * @property {number|Long|null} [revision] ProfileRecord revision
             * @property {number|null} [layout] ProfileRecord layout
             * @property {number|Long|null} [firstSeenAtMs] ProfileRecord firstSeenAtMs
             * @property {number|Long|null} [lastSeenAtMs] ProfileRecord lastSeenAtMs
             * @property {Array.<vitrine.v1.RecentItems.$Properties>|null} [recent] ProfileRecord recent
             * @property {Array.<number>|null} [eventCounts] ProfileRecord eventCounts
             * @property {number|null} [interestLandmarkMs] ProfileRecord interestLandmarkMs
             * @property {Array.<vitrine.v1.Interests.$Properties>|null} [interests] ProfileRecord interests
             * @property {vitrine.v1.Purchases.$Properties|null} [purchases] ProfileRecord purchases
             * @property {string|null} [device] ProfileRecord device
             * @property {Array.<string>|null} [attributeNames] ProfileRecord attributeNames
             * @property {Array.<string>|null} [attributeValues] ProfileRecord attributeValues
             * @property {Array.<number|Long>|null} [eventHashes] ProfileRecord eventHashes
             * @property {vitrine.v1.EventMemory.$Properties|null} [eventMemory] ProfileRecord eventMemory
             * @property {number|Long|null} [deviceAtMs] ProfileRecord deviceAtMs
             * @property {Array.<vitrine.v1.Visit.$Properties>|null} [visits] ProfileRecord visits
             * @property {Array.<number>|null} [activeHours] ProfileRecord activeHours
             * @property {Array.<vitrine.v1.CategoryRhythm.$Properties>|null} [rhythms] ProfileRecord rhythms
             * @property {number|null} [discountedOrderCount] ProfileRecord discountedOrderCount
             * @property {vitrine.v1.Consent.$Properties|null} [consent] ProfileRecord consent
             * @property {vitrine.v1.OptOut.$Properties|null} [optOut] ProfileRecord optOut
             * @property {Array.<string>|null} [deletedTags] ProfileRecord deletedTags
             * @property {number|Long|null} [erasedAtMs] ProfileRecord erasedAtMs
             * @property {Array.<vitrine.v1.JoinedSession.$Properties>|null} [joinedSessions] ProfileRecord joinedSessions
             * @property {vitrine.v1.JoinedTo.$Properties|null} [joinedTo] ProfileRecord joinedTo
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a ProfileRecord.
             * @memberof vitrine.v1
             * @interface IProfileRecord
             * @augments vitrine.v1.ProfileRecord.$Properties
             * @deprecated Use vitrine.v1.ProfileRecord.$Properties instead.
             */

            /**
             * Shape of a ProfileRecord.
             * @typedef {vitrine.v1.ProfileRecord.$Properties} vitrine.v1.ProfileRecord.$Shape
             */

            /**
             * Constructs a new ProfileRecord.
             * @memberof vitrine.v1
             * @classdesc Represents a ProfileRecord.
             * @constructor
             * @param {vitrine.v1.ProfileRecord.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ProfileRecord = function (properties) {
                this.recent = [];
                this.eventCounts = [];
                this.interests = [];
                this.attributeNames = [];
                this.attributeValues = [];
                this.eventHashes = [];
                this.visits = [];
                this.activeHours = [];
                this.rhythms = [];
                this.deletedTags = [];
                this.joinedSessions = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ProfileRecord revision.
             * @member {number|Long|null|undefined} revision
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.revision = null;

            /**
             * ProfileRecord layout.
             * @member {number} layout
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.layout = 0;

            /**
             * ProfileRecord firstSeenAtMs.
             * @member {number|Long} firstSeenAtMs
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.firstSeenAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ProfileRecord lastSeenAtMs.
             * @member {number|Long} lastSeenAtMs
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.lastSeenAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ProfileRecord recent.
             * @member {Array.<vitrine.v1.RecentItems.$Properties>} recent
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.recent = $util.emptyArray;

            /**
             * ProfileRecord eventCounts.
             * @member {Array.<number>} eventCounts
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.eventCounts = $util.emptyArray;

            /**
             * ProfileRecord interestLandmarkMs.
             * @member {number} interestLandmarkMs
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.interestLandmarkMs = 0;

            /**
             * ProfileRecord interests.
             * @member {Array.<vitrine.v1.Interests.$Properties>} interests
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.interests = $util.emptyArray;

            /**
             * ProfileRecord purchases.
             * @member {vitrine.v1.Purchases.$Properties|null|undefined} purchases
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.purchases = null;

            /**
             * ProfileRecord device.
             * @member {string} device
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.device = "";

            /**
             * ProfileRecord attributeNames.
             * @member {Array.<string>} attributeNames
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.attributeNames = $util.emptyArray;

            /**
             * ProfileRecord attributeValues.
             * @member {Array.<string>} attributeValues
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.attributeValues = $util.emptyArray;

            /**
             * ProfileRecord eventHashes.
             * @member {Array.<number|Long>} eventHashes
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.eventHashes = $util.emptyArray;

            /**
             * ProfileRecord eventMemory.
             * @member {vitrine.v1.EventMemory.$Properties|null|undefined} eventMemory
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.eventMemory = null;

            /**
             * ProfileRecord deviceAtMs.
             * @member {number|Long} deviceAtMs
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.deviceAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ProfileRecord visits.
             * @member {Array.<vitrine.v1.Visit.$Properties>} visits
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.visits = $util.emptyArray;

            /**
             * ProfileRecord activeHours.
             * @member {Array.<number>} activeHours
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.activeHours = $util.emptyArray;

            /**
             * ProfileRecord rhythms.
             * @member {Array.<vitrine.v1.CategoryRhythm.$Properties>} rhythms
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.rhythms = $util.emptyArray;

            /**
             * ProfileRecord discountedOrderCount.
             * @member {number} discountedOrderCount
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.discountedOrderCount = 0;

            /**
             * ProfileRecord consent.
             * @member {vitrine.v1.Consent.$Properties|null|undefined} consent
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.consent = null;

            /**
             * ProfileRecord optOut.
             * @member {vitrine.v1.OptOut.$Properties|null|undefined} optOut
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.optOut = null;

            /**
             * ProfileRecord deletedTags.
             * @member {Array.<string>} deletedTags
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.deletedTags = $util.emptyArray;

            /**
             * ProfileRecord erasedAtMs.
             * @member {number|Long} erasedAtMs
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.erasedAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ProfileRecord joinedSessions.
             * @member {Array.<vitrine.v1.JoinedSession.$Properties>} joinedSessions
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.joinedSessions = $util.emptyArray;

            /**
             * ProfileRecord joinedTo.
             * @member {vitrine.v1.JoinedTo.$Properties|null|undefined} joinedTo
             * @memberof vitrine.v1.ProfileRecord
             * @instance
             */
            ProfileRecord.prototype.joinedTo = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(ProfileRecord.prototype, "_revision", {
                get: $util.oneOfGetter($oneOfFields = ["revision"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified ProfileRecord message. Does not implicitly {@link vitrine.v1.ProfileRecord.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.ProfileRecord
             * @static
             * @param {vitrine.v1.ProfileRecord.$Properties} message ProfileRecord message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ProfileRecord.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.revision != null && $Object.hasOwnProperty.call(message, "revision"))
                    writer.uint32(/* id 1, wireType 1 =*/9).fixed64(message.revision);
                if (message.layout != null && $Object.hasOwnProperty.call(message, "layout") && message.layout !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.layout);
                if (message.firstSeenAtMs != null && $Object.hasOwnProperty.call(message, "firstSeenAtMs") && (typeof message.firstSeenAtMs === "object" ? message.firstSeenAtMs.low || message.firstSeenAtMs.high : message.firstSeenAtMs !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.firstSeenAtMs);
                if (message.lastSeenAtMs != null && $Object.hasOwnProperty.call(message, "lastSeenAtMs") && (typeof message.lastSeenAtMs === "object" ? message.lastSeenAtMs.low || message.lastSeenAtMs.high : message.lastSeenAtMs !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.lastSeenAtMs);
                if (message.recent != null && message.recent.length)
                    for (let i = 0; i < message.recent.length; ++i)
                        $root.vitrine.v1.RecentItems.encode(message.recent[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.eventCounts != null && message.eventCounts.length)
                    writer.uint32(/* id 6, wireType 2 =*/50).uint32s(message.eventCounts);
                if (message.interestLandmarkMs != null && $Object.hasOwnProperty.call(message, "interestLandmarkMs") && !$Object.is(message.interestLandmarkMs, 0))
                    writer.uint32(/* id 7, wireType 1 =*/57).double(message.interestLandmarkMs);
                if (message.interests != null && message.interests.length)
                    for (let i = 0; i < message.interests.length; ++i)
                        $root.vitrine.v1.Interests.encode(message.interests[i], writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.purchases != null && $Object.hasOwnProperty.call(message, "purchases"))
                    $root.vitrine.v1.Purchases.encode(message.purchases, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.device != null && $Object.hasOwnProperty.call(message, "device") && message.device !== "")
                    writer.uint32(/* id 10, wireType 2 =*/82).string(message.device);
                if (message.attributeNames != null && message.attributeNames.length)
                    for (let i = 0; i < message.attributeNames.length; ++i)
                        writer.uint32(/* id 11, wireType 2 =*/90).string(message.attributeNames[i]);
                if (message.attributeValues != null && message.attributeValues.length)
                    for (let i = 0; i < message.attributeValues.length; ++i)
                        writer.uint32(/* id 12, wireType 2 =*/98).string(message.attributeValues[i]);
                if (message.eventHashes != null && message.eventHashes.length)
                    writer.uint32(/* id 13, wireType 2 =*/106).fixed64s(message.eventHashes);
                if (message.eventMemory != null && $Object.hasOwnProperty.call(message, "eventMemory"))
                    $root.vitrine.v1.EventMemory.encode(message.eventMemory, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
                if (message.deviceAtMs != null && $Object.hasOwnProperty.call(message, "deviceAtMs") && (typeof message.deviceAtMs === "object" ? message.deviceAtMs.low || message.deviceAtMs.high : message.deviceAtMs !== 0))
                    writer.uint32(/* id 15, wireType 0 =*/120).uint64(message.deviceAtMs);
                if (message.visits != null && message.visits.length)
                    for (let i = 0; i < message.visits.length; ++i)
                        $root.vitrine.v1.Visit.encode(message.visits[i], writer.uint32(/* id 16, wireType 2 =*/130).fork(), _depth + 1).ldelim();
                if (message.activeHours != null && message.activeHours.length)
                    writer.uint32(/* id 17, wireType 2 =*/138).uint32s(message.activeHours);
                if (message.rhythms != null && message.rhythms.length)
                    for (let i = 0; i < message.rhythms.length; ++i)
                        $root.vitrine.v1.CategoryRhythm.encode(message.rhythms[i], writer.uint32(/* id 18, wireType 2 =*/146).fork(), _depth + 1).ldelim();
                if (message.discountedOrderCount != null && $Object.hasOwnProperty.call(message, "discountedOrderCount") && message.discountedOrderCount !== 0)
                    writer.uint32(/* id 19, wireType 0 =*/152).uint32(message.discountedOrderCount);
                if (message.consent != null && $Object.hasOwnProperty.call(message, "consent"))
                    $root.vitrine.v1.Consent.encode(message.consent, writer.uint32(/* id 20, wireType 2 =*/162).fork(), _depth + 1).ldelim();
                if (message.optOut != null && $Object.hasOwnProperty.call(message, "optOut"))
                    $root.vitrine.v1.OptOut.encode(message.optOut, writer.uint32(/* id 21, wireType 2 =*/170).fork(), _depth + 1).ldelim();
                if (message.deletedTags != null && message.deletedTags.length)
                    for (let i = 0; i < message.deletedTags.length; ++i)
                        writer.uint32(/* id 22, wireType 2 =*/178).string(message.deletedTags[i]);
                if (message.erasedAtMs != null && $Object.hasOwnProperty.call(message, "erasedAtMs") && (typeof message.erasedAtMs === "object" ? message.erasedAtMs.low || message.erasedAtMs.high : message.erasedAtMs !== 0))
                    writer.uint32(/* id 24, wireType 0 =*/192).uint64(message.erasedAtMs);
                if (message.joinedSessions != null && message.joinedSessions.length)
                    for (let i = 0; i < message.joinedSessions.length; ++i)
                        $root.vitrine.v1.JoinedSession.encode(message.joinedSessions[i], writer.uint32(/* id 25, wireType 2 =*/202).fork(), _depth + 1).ldelim();
                if (message.joinedTo != null && $Object.hasOwnProperty.call(message, "joinedTo"))
                    $root.vitrine.v1.JoinedTo.encode(message.joinedTo, writer.uint32(/* id 26, wireType 2 =*/210).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a ProfileRecord message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.ProfileRecord
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.ProfileRecord & vitrine.v1.ProfileRecord.$Shape} ProfileRecord
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ProfileRecord.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.ProfileRecord();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            message.revision = reader.fixed64();
                            message._revision = "revision";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.layout = value;
                            else
                                delete message.layout;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.firstSeenAtMs = value;
                            else
                                delete message.firstSeenAtMs;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.lastSeenAtMs = value;
                            else
                                delete message.lastSeenAtMs;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.recent && message.recent.length))
                                message.recent = [];
                            message.recent.push($root.vitrine.v1.RecentItems.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 6: {
                            if (wireType === 2) {
                                if (!(message.eventCounts && message.eventCounts.length))
                                    message.eventCounts = [];
                                reader.uint32s(message.eventCounts);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.eventCounts && message.eventCounts.length))
                                message.eventCounts = [];
                            message.eventCounts.push(reader.uint32());
                            continue;
                        }
                    case 7: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.interestLandmarkMs = value;
                            else
                                delete message.interestLandmarkMs;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if (!(message.interests && message.interests.length))
                                message.interests = [];
                            message.interests.push($root.vitrine.v1.Interests.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.purchases = $root.vitrine.v1.Purchases.decode(reader, reader.size(), $undefined, _depth + 1, message.purchases);
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.device = value;
                            else
                                delete message.device;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            if (!(message.attributeNames && message.attributeNames.length))
                                message.attributeNames = [];
                            message.attributeNames.push(reader.stringVerify());
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            if (!(message.attributeValues && message.attributeValues.length))
                                message.attributeValues = [];
                            message.attributeValues.push(reader.stringVerify());
                            continue;
                        }
                    case 13: {
                            if (wireType === 2) {
                                if (!(message.eventHashes && message.eventHashes.length))
                                    message.eventHashes = [];
                                reader.fixed64s(message.eventHashes);
                                continue;
                            }
                            if (wireType !== 1)
                                break;
                            if (!(message.eventHashes && message.eventHashes.length))
                                message.eventHashes = [];
                            message.eventHashes.push(reader.fixed64());
                            continue;
                        }
                    case 14: {
                            if (wireType !== 2)
                                break;
                            message.eventMemory = $root.vitrine.v1.EventMemory.decode(reader, reader.size(), $undefined, _depth + 1, message.eventMemory);
                            continue;
                        }
                    case 15: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.deviceAtMs = value;
                            else
                                delete message.deviceAtMs;
                            continue;
                        }
                    case 16: {
                            if (wireType !== 2)
                                break;
                            if (!(message.visits && message.visits.length))
                                message.visits = [];
                            message.visits.push($root.vitrine.v1.Visit.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 17: {
                            if (wireType === 2) {
                                if (!(message.activeHours && message.activeHours.length))
                                    message.activeHours = [];
                                reader.uint32s(message.activeHours);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.activeHours && message.activeHours.length))
                                message.activeHours = [];
                            message.activeHours.push(reader.uint32());
                            continue;
                        }
                    case 18: {
                            if (wireType !== 2)
                                break;
                            if (!(message.rhythms && message.rhythms.length))
                                message.rhythms = [];
                            message.rhythms.push($root.vitrine.v1.CategoryRhythm.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 19: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.discountedOrderCount = value;
                            else
                                delete message.discountedOrderCount;
                            continue;
                        }
                    case 20: {
                            if (wireType !== 2)
                                break;
                            message.consent = $root.vitrine.v1.Consent.decode(reader, reader.size(), $undefined, _depth + 1, message.consent);
                            continue;
                        }
                    case 21: {
                            if (wireType !== 2)
                                break;
                            message.optOut = $root.vitrine.v1.OptOut.decode(reader, reader.size(), $undefined, _depth + 1, message.optOut);
                            continue;
                        }
                    case 22: {
                            if (wireType !== 2)
                                break;
                            if (!(message.deletedTags && message.deletedTags.length))
                                message.deletedTags = [];
                            message.deletedTags.push(reader.stringVerify());
                            continue;
                        }
                    case 24: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.erasedAtMs = value;
                            else
                                delete message.erasedAtMs;
                            continue;
                        }
                    case 25: {
                            if (wireType !== 2)
                                break;
                            if (!(message.joinedSessions && message.joinedSessions.length))
                                message.joinedSessions = [];
                            message.joinedSessions.push($root.vitrine.v1.JoinedSession.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 26: {
                            if (wireType !== 2)
                                break;
                            message.joinedTo = $root.vitrine.v1.JoinedTo.decode(reader, reader.size(), $undefined, _depth + 1, message.joinedTo);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ProfileRecord;
        })();

        v1.JoinedSession = (function() {

            /**
             * Properties of a JoinedSession.
             * @typedef {Object} vitrine.v1.JoinedSession.$Properties
             * @property {string|null} [sessionId] JoinedSession sessionId
             * @property {number|Long|null} [joinId] JoinedSession joinId
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a JoinedSession.
             * @memberof vitrine.v1
             * @interface IJoinedSession
             * @augments vitrine.v1.JoinedSession.$Properties
             * @deprecated Use vitrine.v1.JoinedSession.$Properties instead.
             */

            /**
             * Shape of a JoinedSession.
             * @typedef {vitrine.v1.JoinedSession.$Properties} vitrine.v1.JoinedSession.$Shape
             */

            /**
             * Constructs a new JoinedSession.
             * @memberof vitrine.v1
             * @classdesc Represents a JoinedSession.
             * @constructor
             * @param {vitrine.v1.JoinedSession.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const JoinedSession = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * JoinedSession sessionId.
             * @member {string} sessionId
             * @memberof vitrine.v1.JoinedSession
             * @instance
             */
            JoinedSession.prototype.sessionId = "";

            /**
             * JoinedSession joinId.
             * @member {number|Long} joinId
             * @memberof vitrine.v1.JoinedSession
             * @instance
             */
            JoinedSession.prototype.joinId = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified JoinedSession message. Does not implicitly {@link vitrine.v1.JoinedSession.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.JoinedSession
             * @static
             * @param {vitrine.v1.JoinedSession.$Properties} message JoinedSession message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            JoinedSession.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.sessionId != null && $Object.hasOwnProperty.call(message, "sessionId") && message.sessionId !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.sessionId);
                if (message.joinId != null && $Object.hasOwnProperty.call(message, "joinId") && (typeof message.joinId === "object" ? message.joinId.low || message.joinId.high : message.joinId !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.joinId);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a JoinedSession message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.JoinedSession
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.JoinedSession & vitrine.v1.JoinedSession.$Shape} JoinedSession
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            JoinedSession.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.JoinedSession();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.sessionId = value;
                            else
                                delete message.sessionId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.joinId = value;
                            else
                                delete message.joinId;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return JoinedSession;
        })();

        v1.JoinedTo = (function() {

            /**
             * Properties of a JoinedTo.
             * @typedef {Object} vitrine.v1.JoinedTo.$Properties
             * @property {string|null} [userId] JoinedTo userId
             * @property {number|Long|null} [joinId] JoinedTo joinId
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a JoinedTo.
             * @memberof vitrine.v1
             * @interface IJoinedTo
             * @augments vitrine.v1.JoinedTo.$Properties
             * @deprecated Use vitrine.v1.JoinedTo.$Properties instead.
             */

            /**
             * Shape of a JoinedTo.
             * @typedef {vitrine.v1.JoinedTo.$Properties} vitrine.v1.JoinedTo.$Shape
             */

            /**
             * Constructs a new JoinedTo.
             * @memberof vitrine.v1
             * @classdesc Represents a JoinedTo.
             * @constructor
             * @param {vitrine.v1.JoinedTo.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const JoinedTo = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * JoinedTo userId.
             * @member {string} userId
             * @memberof vitrine.v1.JoinedTo
             * @instance
             */
            JoinedTo.prototype.userId = "";

            /**
             * JoinedTo joinId.
             * @member {number|Long} joinId
             * @memberof vitrine.v1.JoinedTo
             * @instance
             */
            JoinedTo.prototype.joinId = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified JoinedTo message. Does not implicitly {@link vitrine.v1.JoinedTo.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.JoinedTo
             * @static
             * @param {vitrine.v1.JoinedTo.$Properties} message JoinedTo message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            JoinedTo.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.userId != null && $Object.hasOwnProperty.call(message, "userId") && message.userId !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.userId);
                if (message.joinId != null && $Object.hasOwnProperty.call(message, "joinId") && (typeof message.joinId === "object" ? message.joinId.low || message.joinId.high : message.joinId !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.joinId);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a JoinedTo message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.JoinedTo
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.JoinedTo & vitrine.v1.JoinedTo.$Shape} JoinedTo
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            JoinedTo.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.JoinedTo();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.userId = value;
                            else
                                delete message.userId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.joinId = value;
                            else
                                delete message.joinId;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return JoinedTo;
        })();

        v1.EventMemory = (function() {

            /**
             * Properties of an EventMemory.
             * @typedef {Object} vitrine.v1.EventMemory.$Properties
             * @property {Uint8Array|null} [hashes] EventMemory hashes
             * @property {Array.<number>|null} [runHours] EventMemory runHours
             * @property {Array.<number>|null} [runLengths] EventMemory runLengths
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an EventMemory.
             * @memberof vitrine.v1
             * @interface IEventMemory
             * @augments vitrine.v1.EventMemory.$Properties
             * @deprecated Use vitrine.v1.EventMemory.$Properties instead.
             */

            /**
             * Shape of an EventMemory.
             * @typedef {vitrine.v1.EventMemory.$Properties} vitrine.v1.EventMemory.$Shape
             */

            /**
             * Constructs a new EventMemory.
             * @memberof vitrine.v1
             * @classdesc Represents an EventMemory.
             * @constructor
             * @param {vitrine.v1.EventMemory.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const EventMemory = function (properties) {
                this.runHours = [];
                this.runLengths = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * EventMemory hashes.
             * @member {Uint8Array} hashes
             * @memberof vitrine.v1.EventMemory
             * @instance
             */
            EventMemory.prototype.hashes = $util.newBuffer([]);

            /**
             * EventMemory runHours.
             * @member {Array.<number>} runHours
             * @memberof vitrine.v1.EventMemory
             * @instance
             */
            EventMemory.prototype.runHours = $util.emptyArray;

            /**
             * EventMemory runLengths.
             * @member {Array.<number>} runLengths
             * @memberof vitrine.v1.EventMemory
             * @instance
             */
            EventMemory.prototype.runLengths = $util.emptyArray;

            /**
             * Encodes the specified EventMemory message. Does not implicitly {@link vitrine.v1.EventMemory.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.EventMemory
             * @static
             * @param {vitrine.v1.EventMemory.$Properties} message EventMemory message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            EventMemory.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.hashes != null && $Object.hasOwnProperty.call(message, "hashes") && message.hashes.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.hashes);
                if (message.runHours != null && message.runHours.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.runHours);
                if (message.runLengths != null && message.runLengths.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.runLengths);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an EventMemory message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.EventMemory
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.EventMemory & vitrine.v1.EventMemory.$Shape} EventMemory
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            EventMemory.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.EventMemory();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.hashes = value;
                            else
                                delete message.hashes;
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.runHours && message.runHours.length))
                                    message.runHours = [];
                                reader.uint32s(message.runHours);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.runHours && message.runHours.length))
                                message.runHours = [];
                            message.runHours.push(reader.uint32());
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.runLengths && message.runLengths.length))
                                    message.runLengths = [];
                                reader.uint32s(message.runLengths);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.runLengths && message.runLengths.length))
                                message.runLengths = [];
                            message.runLengths.push(reader.uint32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EventMemory;
        })();

        v1.Visit = (function() {

            /**
             * Properties of a Visit.
             * @typedef {Object} vitrine.v1.Visit.$Properties
             * @property {number|Long|null} [lastAtMs] Visit lastAtMs
             * @property {number|Long|null} [lastedMs] Visit lastedMs
             * @property {number|null} [eventCount] Visit eventCount
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Visit.
             * @memberof vitrine.v1
             * @interface IVisit
             * @augments vitrine.v1.Visit.$Properties
             * @deprecated Use vitrine.v1.Visit.$Properties instead.
             */

            /**
             * Shape of a Visit.
             * @typedef {vitrine.v1.Visit.$Properties} vitrine.v1.Visit.$Shape
             */

            /**
             * Constructs a new Visit.
             * @memberof vitrine.v1
             * @classdesc Represents a Visit.
             * @constructor
             * @param {vitrine.v1.Visit.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Visit = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Visit lastAtMs.
             * @member {number|Long} lastAtMs
             * @memberof vitrine.v1.Visit
             * @instance
             */
            Visit.prototype.lastAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Visit lastedMs.
             * @member {number|Long} lastedMs
             * @memberof vitrine.v1.Visit
             * @instance
             */
            Visit.prototype.lastedMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Visit eventCount.
             * @member {number} eventCount
             * @memberof vitrine.v1.Visit
             * @instance
             */
            Visit.prototype.eventCount = 0;

            /**
             * Encodes the specified Visit message. Does not implicitly {@link vitrine.v1.Visit.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Visit
             * @static
             * @param {vitrine.v1.Visit.$Properties} message Visit message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Visit.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.lastAtMs != null && $Object.hasOwnProperty.call(message, "lastAtMs") && (typeof message.lastAtMs === "object" ? message.lastAtMs.low || message.lastAtMs.high : message.lastAtMs !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.lastAtMs);
                if (message.lastedMs != null && $Object.hasOwnProperty.call(message, "lastedMs") && (typeof message.lastedMs === "object" ? message.lastedMs.low || message.lastedMs.high : message.lastedMs !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.lastedMs);
                if (message.eventCount != null && $Object.hasOwnProperty.call(message, "eventCount") && message.eventCount !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.eventCount);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Visit message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Visit
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Visit & vitrine.v1.Visit.$Shape} Visit
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Visit.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Visit();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.lastAtMs = value;
                            else
                                delete message.lastAtMs;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.lastedMs = value;
                            else
                                delete message.lastedMs;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.eventCount = value;
                            else
                                delete message.eventCount;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Visit;
        })();

        v1.CategoryRhythm = (function() {

            /**
             * Properties of a CategoryRhythm.
             * @typedef {Object} vitrine.v1.CategoryRhythm.$Properties
             * @property {string|null} [category] CategoryRhythm category
             * @property {number|null} [purchaseCount] CategoryRhythm purchaseCount
             * @property {number|Long|null} [lastAtMs] CategoryRhythm lastAtMs
             * @property {number|Long|null} [spanMs] CategoryRhythm spanMs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a CategoryRhythm.
             * @memberof vitrine.v1
             * @interface ICategoryRhythm
             * @augments vitrine.v1.CategoryRhythm.$Properties
             * @deprecated Use vitrine.v1.CategoryRhythm.$Properties instead.
             */

            /**
             * Shape of a CategoryRhythm.
             * @typedef {vitrine.v1.CategoryRhythm.$Properties} vitrine.v1.CategoryRhythm.$Shape
             */

            /**
             * Constructs a new CategoryRhythm.
             * @memberof vitrine.v1
             * @classdesc Represents a CategoryRhythm.
             * @constructor
             * @param {vitrine.v1.CategoryRhythm.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const CategoryRhythm = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * CategoryRhythm category.
             * @member {string} category
             * @memberof vitrine.v1.CategoryRhythm
             * @instance
             */
            CategoryRhythm.prototype.category = "";

            /**
             * CategoryRhythm purchaseCount.
             * @member {number} purchaseCount
             * @memberof vitrine.v1.CategoryRhythm
             * @instance
             */
            CategoryRhythm.prototype.purchaseCount = 0;

            /**
             * CategoryRhythm lastAtMs.
             * @member {number|Long} lastAtMs
             * @memberof vitrine.v1.CategoryRhythm
             * @instance
             */
            CategoryRhythm.prototype.lastAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * CategoryRhythm spanMs.
             * @member {number|Long} spanMs
             * @memberof vitrine.v1.CategoryRhythm
             * @instance
             */
            CategoryRhythm.prototype.spanMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified CategoryRhythm message. Does not implicitly {@link vitrine.v1.CategoryRhythm.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.CategoryRhythm
             * @static
             * @param {vitrine.v1.CategoryRhythm.$Properties} message CategoryRhythm message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            CategoryRhythm.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.category != null && $Object.hasOwnProperty.call(message, "category") && message.category !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.category);
                if (message.purchaseCount != null && $Object.hasOwnProperty.call(message, "purchaseCount") && message.purchaseCount !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.purchaseCount);
                if (message.lastAtMs != null && $Object.hasOwnProperty.call(message, "lastAtMs") && (typeof message.lastAtMs === "object" ? message.lastAtMs.low || message.lastAtMs.high : message.lastAtMs !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.lastAtMs);
                if (message.spanMs != null && $Object.hasOwnProperty.call(message, "spanMs") && (typeof message.spanMs === "object" ? message.spanMs.low || message.spanMs.high : message.spanMs !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.spanMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a CategoryRhythm message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.CategoryRhythm
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.CategoryRhythm & vitrine.v1.CategoryRhythm.$Shape} CategoryRhythm
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            CategoryRhythm.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.CategoryRhythm();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.category = value;
                            else
                                delete message.category;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.purchaseCount = value;
                            else
                                delete message.purchaseCount;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.lastAtMs = value;
                            else
                                delete message.lastAtMs;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.spanMs = value;
                            else
                                delete message.spanMs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return CategoryRhythm;
        })();

        v1.Consent = (function() {

            /**
             * Properties of a Consent.
             * @typedef {Object} vitrine.v1.Consent.$Properties
             * @property {number|null} [state] Consent state
             * @property {number|Long|null} [atMs] Consent atMs
             * @property {string|null} [source] Consent source
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Consent.
             * @memberof vitrine.v1
             * @interface IConsent
             * @augments vitrine.v1.Consent.$Properties
             * @deprecated Use vitrine.v1.Consent.$Properties instead.
             */

            /**
             * Shape of a Consent.
             * @typedef {vitrine.v1.Consent.$Properties} vitrine.v1.Consent.$Shape
             */

            /**
             * Constructs a new Consent.
             * @memberof vitrine.v1
             * @classdesc Represents a Consent.
             * @constructor
             * @param {vitrine.v1.Consent.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Consent = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Consent state.
             * @member {number} state
             * @memberof vitrine.v1.Consent
             * @instance
             */
            Consent.prototype.state = 0;

            /**
             * Consent atMs.
             * @member {number|Long} atMs
             * @memberof vitrine.v1.Consent
             * @instance
             */
            Consent.prototype.atMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Consent source.
             * @member {string} source
             * @memberof vitrine.v1.Consent
             * @instance
             */
            Consent.prototype.source = "";

            /**
             * Encodes the specified Consent message. Does not implicitly {@link vitrine.v1.Consent.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Consent
             * @static
             * @param {vitrine.v1.Consent.$Properties} message Consent message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Consent.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.state);
                if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && (typeof message.atMs === "object" ? message.atMs.low || message.atMs.high : message.atMs !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.atMs);
                if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.source);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Consent message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Consent
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Consent & vitrine.v1.Consent.$Shape} Consent
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Consent.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Consent();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.state = value;
                            else
                                delete message.state;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.atMs = value;
                            else
                                delete message.atMs;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.source = value;
                            else
                                delete message.source;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Consent;
        })();

        v1.OptOut = (function() {

            /**
             * Properties of an OptOut.
             * @typedef {Object} vitrine.v1.OptOut.$Properties
             * @property {boolean|null} [isOptedOut] OptOut isOptedOut
             * @property {number|Long|null} [atMs] OptOut atMs
             * @property {string|null} [source] OptOut source
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an OptOut.
             * @memberof vitrine.v1
             * @interface IOptOut
             * @augments vitrine.v1.OptOut.$Properties
             * @deprecated Use vitrine.v1.OptOut.$Properties instead.
             */

            /**
             * Shape of an OptOut.
             * @typedef {vitrine.v1.OptOut.$Properties} vitrine.v1.OptOut.$Shape
             */

            /**
             * Constructs a new OptOut.
             * @memberof vitrine.v1
             * @classdesc Represents an OptOut.
             * @constructor
             * @param {vitrine.v1.OptOut.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const OptOut = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * OptOut isOptedOut.
             * @member {boolean} isOptedOut
             * @memberof vitrine.v1.OptOut
             * @instance
             */
            OptOut.prototype.isOptedOut = false;

            /**
             * OptOut atMs.
             * @member {number|Long} atMs
             * @memberof vitrine.v1.OptOut
             * @instance
             */
            OptOut.prototype.atMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * OptOut source.
             * @member {string} source
             * @memberof vitrine.v1.OptOut
             * @instance
             */
            OptOut.prototype.source = "";

            /**
             * Encodes the specified OptOut message. Does not implicitly {@link vitrine.v1.OptOut.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.OptOut
             * @static
             * @param {vitrine.v1.OptOut.$Properties} message OptOut message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            OptOut.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.isOptedOut != null && $Object.hasOwnProperty.call(message, "isOptedOut") && message.isOptedOut !== false)
                    writer.uint32(/* id 1, wireType 0 =*/8).bool(message.isOptedOut);
                if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && (typeof message.atMs === "object" ? message.atMs.low || message.atMs.high : message.atMs !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.atMs);
                if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.source);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an OptOut message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.OptOut
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.OptOut & vitrine.v1.OptOut.$Shape} OptOut
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            OptOut.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.OptOut();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.isOptedOut = value;
                            else
                                delete message.isOptedOut;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.atMs = value;
                            else
                                delete message.atMs;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.source = value;
                            else
                                delete message.source;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return OptOut;
        })();

        v1.RecentItems = (function() {

            /**
             * Properties of a RecentItems.
             * @typedef {Object} vitrine.v1.RecentItems.$Properties
             * @property {Array.<string>|null} [itemIds] RecentItems itemIds
             * @property {number|Long|null} [newestAtMs] RecentItems newestAtMs
             * @property {Array.<number|Long>|null} [olderByMs] RecentItems olderByMs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RecentItems.
             * @memberof vitrine.v1
             * @interface IRecentItems
             * @augments vitrine.v1.RecentItems.$Properties
             * @deprecated Use vitrine.v1.RecentItems.$Properties instead.
             */

            /**
             * Shape of a RecentItems.
             * @typedef {vitrine.v1.RecentItems.$Properties} vitrine.v1.RecentItems.$Shape
             */

            /**
             * Constructs a new RecentItems.
             * @memberof vitrine.v1
             * @classdesc Represents a RecentItems.
             * @constructor
             * @param {vitrine.v1.RecentItems.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RecentItems = function (properties) {
                this.itemIds = [];
                this.olderByMs = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RecentItems itemIds.
             * @member {Array.<string>} itemIds
             * @memberof vitrine.v1.RecentItems
             * @instance
             */
            RecentItems.prototype.itemIds = $util.emptyArray;

            /**
             * RecentItems newestAtMs.
             * @member {number|Long} newestAtMs
             * @memberof vitrine.v1.RecentItems
             * @instance
             */
            RecentItems.prototype.newestAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RecentItems olderByMs.
             * @member {Array.<number|Long>} olderByMs
             * @memberof vitrine.v1.RecentItems
             * @instance
             */
            RecentItems.prototype.olderByMs = $util.emptyArray;

            /**
             * Encodes the specified RecentItems message. Does not implicitly {@link vitrine.v1.RecentItems.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.RecentItems
             * @static
             * @param {vitrine.v1.RecentItems.$Properties} message RecentItems message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RecentItems.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.itemIds != null && message.itemIds.length)
                    for (let i = 0; i < message.itemIds.length; ++i)
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.itemIds[i]);
                if (message.newestAtMs != null && $Object.hasOwnProperty.call(message, "newestAtMs") && (typeof message.newestAtMs === "object" ? message.newestAtMs.low || message.newestAtMs.high : message.newestAtMs !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.newestAtMs);
                if (message.olderByMs != null && message.olderByMs.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint64s(message.olderByMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RecentItems message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.RecentItems
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.RecentItems & vitrine.v1.RecentItems.$Shape} RecentItems
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RecentItems.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.RecentItems();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.itemIds && message.itemIds.length))
                                message.itemIds = [];
                            message.itemIds.push(reader.stringVerify());
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.newestAtMs = value;
                            else
                                delete message.newestAtMs;
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.olderByMs && message.olderByMs.length))
                                    message.olderByMs = [];
                                reader.uint64s(message.olderByMs);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.olderByMs && message.olderByMs.length))
                                message.olderByMs = [];
                            message.olderByMs.push(reader.uint64());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RecentItems;
        })();

        v1.Interests = (function() {

            /**
             * Properties of an Interests.
             * @typedef {Object} vitrine.v1.Interests.$Properties
             * @property {Array.<string>|null} [keys] Interests keys
             * @property {Array.<number>|null} [sums] Interests sums
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Interests.
             * @memberof vitrine.v1
             * @interface IInterests
             * @augments vitrine.v1.Interests.$Properties
             * @deprecated Use vitrine.v1.Interests.$Properties instead.
             */

            /**
             * Shape of an Interests.
             * @typedef {vitrine.v1.Interests.$Properties} vitrine.v1.Interests.$Shape
             */

            /**
             * Constructs a new Interests.
             * @memberof vitrine.v1
             * @classdesc Represents an Interests.
             * @constructor
             * @param {vitrine.v1.Interests.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Interests = function (properties) {
                this.keys = [];
                this.sums = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Interests keys.
             * @member {Array.<string>} keys
             * @memberof vitrine.v1.Interests
             * @instance
             */
            Interests.prototype.keys = $util.emptyArray;

            /**
             * Interests sums.
             * @member {Array.<number>} sums
             * @memberof vitrine.v1.Interests
             * @instance
             */
            Interests.prototype.sums = $util.emptyArray;

            /**
             * Encodes the specified Interests message. Does not implicitly {@link vitrine.v1.Interests.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Interests
             * @static
             * @param {vitrine.v1.Interests.$Properties} message Interests message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Interests.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.keys != null && message.keys.length)
                    for (let i = 0; i < message.keys.length; ++i)
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.keys[i]);
                if (message.sums != null && message.sums.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).floats(message.sums);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Interests message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Interests
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Interests & vitrine.v1.Interests.$Shape} Interests
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Interests.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Interests();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.keys && message.keys.length))
                                message.keys = [];
                            message.keys.push(reader.stringVerify());
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.sums && message.sums.length))
                                    message.sums = [];
                                reader.floats(message.sums);
                                continue;
                            }
                            if (wireType !== 5)
                                break;
                            if (!(message.sums && message.sums.length))
                                message.sums = [];
                            message.sums.push(reader.float());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Interests;
        })();

        v1.Purchases = (function() {

            /**
             * Properties of a Purchases.
             * @typedef {Object} vitrine.v1.Purchases.$Properties
             * @property {number|null} [orderCount] Purchases orderCount
             * @property {number|null} [itemCount] Purchases itemCount
             * @property {number|null} [totalValue] Purchases totalValue
             * @property {number|Long|null} [firstAtMs] Purchases firstAtMs
             * @property {number|Long|null} [lastAtMs] Purchases lastAtMs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Purchases.
             * @memberof vitrine.v1
             * @interface IPurchases
             * @augments vitrine.v1.Purchases.$Properties
             * @deprecated Use vitrine.v1.Purchases.$Properties instead.
             */

            /**
             * Shape of a Purchases.
             * @typedef {vitrine.v1.Purchases.$Properties} vitrine.v1.Purchases.$Shape
             */

            /**
             * Constructs a new Purchases.
             * @memberof vitrine.v1
             * @classdesc Represents a Purchases.
             * @constructor
             * @param {vitrine.v1.Purchases.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Purchases = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Purchases orderCount.
             * @member {number} orderCount
             * @memberof vitrine.v1.Purchases
             * @instance
             */
            Purchases.prototype.orderCount = 0;

            /**
             * Purchases itemCount.
             * @member {number} itemCount
             * @memberof vitrine.v1.Purchases
             * @instance
             */
            Purchases.prototype.itemCount = 0;

            /**
             * Purchases totalValue.
             * @member {number} totalValue
             * @memberof vitrine.v1.Purchases
             * @instance
             */
            Purchases.prototype.totalValue = 0;

            /**
             * Purchases firstAtMs.
             * @member {number|Long} firstAtMs
             * @memberof vitrine.v1.Purchases
             * @instance
             */
            Purchases.prototype.firstAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Purchases lastAtMs.
             * @member {number|Long} lastAtMs
             * @memberof vitrine.v1.Purchases
             * @instance
             */
            Purchases.prototype.lastAtMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified Purchases message. Does not implicitly {@link vitrine.v1.Purchases.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Purchases
             * @static
             * @param {vitrine.v1.Purchases.$Properties} message Purchases message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Purchases.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.orderCount != null && $Object.hasOwnProperty.call(message, "orderCount") && message.orderCount !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.orderCount);
                if (message.itemCount != null && $Object.hasOwnProperty.call(message, "itemCount") && !$Object.is(message.itemCount, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.itemCount);
                if (message.totalValue != null && $Object.hasOwnProperty.call(message, "totalValue") && !$Object.is(message.totalValue, 0))
                    writer.uint32(/* id 3, wireType 1 =*/25).double(message.totalValue);
                if (message.firstAtMs != null && $Object.hasOwnProperty.call(message, "firstAtMs") && (typeof message.firstAtMs === "object" ? message.firstAtMs.low || message.firstAtMs.high : message.firstAtMs !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.firstAtMs);
                if (message.lastAtMs != null && $Object.hasOwnProperty.call(message, "lastAtMs") && (typeof message.lastAtMs === "object" ? message.lastAtMs.low || message.lastAtMs.high : message.lastAtMs !== 0))
                    writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.lastAtMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Purchases message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Purchases
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Purchases & vitrine.v1.Purchases.$Shape} Purchases
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Purchases.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Purchases();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.orderCount = value;
                            else
                                delete message.orderCount;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.itemCount = value;
                            else
                                delete message.itemCount;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.totalValue = value;
                            else
                                delete message.totalValue;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.firstAtMs = value;
                            else
                                delete message.firstAtMs;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.lastAtMs = value;
                            else
                                delete message.lastAtMs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Purchases;
        })();

        return v1;
    })();

    return vitrine;
})();

export {
  $root as default
};
